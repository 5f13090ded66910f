/**
 * "Objects" of the JSON interface, as a whole: a part of the site as a stream of bytes, and back.
 */
import { EXPORT_PERMISSION, requireExportable, requireImportable } from '../content/export.js';
import { disposition } from '../content/file.js';
import { refuseId } from '../content/ids.js';
import { Forbidden, Invalid, Taken, UnsupportedMedia } from '../errors.js';
import { idOfImport, importObjectOrder, readExport } from '../jobs/import-object.js';
import { Response } from '../publisher/response.js';
import { principalKey } from '../security/principal.js';
import { startedJob } from './jobs.js';
import { requireContainer } from './objects.js';
import { onOrder, onRead } from './refusals.js';
import type { Route } from './route.js';
import { shape, text } from './schemas.js';

/** The media type of an export: bytes for programs, and no other. */
export const EXPORT_TYPE = 'application/vnd.canopy.export';
const FILE_ENDING = '.canopy';

export const exportRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'export',
    summary: 'Exports the object with all below it, to be imported here or elsewhere',
    answers: {
      200: {
        description:
          'The export, made while it is sent; only one that came to its end can be imported',
        schema: { type: 'string', format: 'binary' },
        mediaType: EXPORT_TYPE,
      },
      ...onRead(),
    },
    run(request) {
      const { object, connection } = request;
      const { oid } = object;
      if (request.isPart || oid === undefined) {
        throw new Forbidden('An export is asked for by itself, not in a batch');
      }
      requireExportable(request, object);
      const name = `${object.id || 'site'}${FILE_ENDING}`;
      return Response.export({ oid, tid: connection.tid }, EXPORT_TYPE)
        .set('Content-Disposition', disposition('attachment', name))
        .set('ETag', `"${connection.tid}"`)
        .set('Cache-Control', 'private, no-cache');
    },
  },
  {
    method: 'POST',
    path: 'import',
    summary: 'Imports what was exported, as a child of a folder',
    body: 'raw',
    permission: EXPORT_PERMISSION,
    query: {
      id: {
        description:
          'Its id there; by default the one it had, or `copy_of_` that where it is taken',
        schema: text,
      },
    },
    answers: {
      202: {
        description: 'A job was started; `Location` is its address',
        schema: shape({ job: text }),
      },
      ...onOrder({
        409: 'The id is taken',
        415: 'The body is no export',
        422: 'The id is none that an object there can have',
      }),
    },
    async run(request) {
      const container = requireContainer(request.object);
      requireImportable(request, container);
      const { blobs } = request.site;
      const { sha256 } = request.envelope.upload ?? (await blobs.put(request.body));
      const summary = await readExport(blobs, sha256);
      if (summary === undefined) throw new UnsupportedMedia('The body is not what was exported');
      const given = request.query.has('id') ? request.query.text('id') : undefined;
      const id = given ?? idOfImport(summary, container);
      const refused = refuseId(id);
      if (refused !== undefined) throw new Invalid([{ field: 'id', message: refused }]);
      if (container.has(id)) {
        throw new Taken(`“${id}” is taken in ${container.path}. Choose another id.`);
      }
      const about = { user: principalKey(request.user), path: container.path };
      const command = importObjectOrder(about, { sha256, id });
      request.order(command);
      return startedJob(command.order.id);
    },
  },
];
