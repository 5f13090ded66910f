/**
 * A plugin that misbehaves on request, for tests of what a server does about it.
 *
 * Its view `@trial` takes what is to happen as the next segment: `/@trial/hang`. `/@trial/meet` holds
 * a request until another one has been saved, so that tests of conflicts need no luck.
 */
import { existsSync } from 'node:fs';
import { TransientError } from '../../odb/index.js';
import type { Plugin } from '../../server/plugin.js';
import type { PublishRequest } from '../../server/publisher/request.js';
import { Response } from '../../server/publisher/response.js';
import type { View } from '../../server/publisher/view.js';
import { principalKey } from '../../server/security/principal.js';

const PAUSE_MS = 2;

const ACTIONS: Readonly<Record<string, (request: PublishRequest) => Response | Promise<Response>>> =
  {
    /** Says what arrived. */
    echo: (request) =>
      Response.json({
        method: request.method,
        form: request.form.toObject(),
        user: principalKey(request.user),
        attempt: request.envelope.attempt,
        bodyBytes: request.body.byteLength,
        upload: request.envelope.upload ?? null,
        parts: request.envelope.parts ?? null,
        origin: request.origin,
        remoteAddress: request.envelope.remoteAddress,
      }),
    /** Never ends. */
    hang() {
      for (;;);
    },
    /** Holds its thread until there is a file. */
    hold(request) {
      while (!existsSync(request.form.text('until'))) pause(PAUSE_MS);
      return Response.text('held');
    },
    /** Ends its thread. */
    crash: () => process.exit(3),
    /** Throws what nobody expects. */
    fail() {
      throw new TypeError('A fault of the trial');
    },
    /** Is in conflict, however often it is begun again. */
    conflict() {
      throw new TransientError('ODB_CONFLICT', 'A conflict of the trial');
    },
    /** Changes the title, also on a GET. */
    rename(request) {
      request.object.title = request.form.text('title');
      return Response.json({ attempt: request.envelope.attempt, tid: request.pendingTid });
    },
    /** Changes the title, and then decides that nothing is to be saved. */
    doom(request) {
      request.object.title = request.form.text('title');
      request.connection.transaction.doom();
      return Response.text('doomed');
    },
    /** Changes the title after somebody else has, at the first attempt. */
    meet(request) {
      const before = request.object.title;
      if (request.envelope.attempt === 0) {
        while (request.site.storage.lastTid === request.connection.tid) pause(PAUSE_MS);
      }
      request.object.title = `${before} and ${request.form.text('title')}`;
      return Response.json({ attempt: request.envelope.attempt, title: request.object.title });
    },
    /** Shows the title. */
    title: (request) => Response.text(request.object.title),
  };

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const trialView: View = {
  name: '@trial',
  handle(request) {
    const [name = ''] = request.rest;
    const action = ACTIONS[name];
    return action === undefined
      ? Response.text('No such trial', undefined, { status: 404 })
      : action(request);
  },
  preflight(request) {
    request.policy.require('View management screens', request.object);
  },
};

export const plugin: Plugin = { name: 'trial', views: [trialView] };
