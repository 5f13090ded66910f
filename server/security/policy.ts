/**
 * The policy: who may do what. Every door asks this one and no other.
 *
 * Three are judged together: the caller, the authors of each executable that is running, and the
 * object. Something is allowed only if the caller may *and* every author may. An author who no
 * longer exists counts as Anonymous, and so does the missing author of an executable that has none.
 *
 * A policy serves one request. Decisions are kept, so whoever changes settings, owners, authors,
 * local roles or places during the request calls `forget`.
 */
import { ServerError, Unauthorized } from '../errors.js';
import type { Decision } from './decision.js';
import { type Executable, type Judged, RUNNING_MAX } from './executable.js';
import { explainRequirement, explainStanding, rolesHaving } from './explain.js';
import { isKnown, principalKey } from './principal.js';
import { ANONYMOUS_CALLER, type Caller, type Guarded, Standing } from './standing.js';

export interface PolicyOptions {
  /** Finds a principal by its key; `undefined` when there is none any more. */
  readonly resolveCaller: (principalKey: string) => Caller | undefined;
}

/** The bottom of the stack, or an executable that runs, with all who are judged while it does. */
interface Frame {
  readonly depth: number;
  readonly outer: Frame | undefined;
  readonly executable: Executable | undefined;
  readonly judged: readonly Judged[];
  /** The frames entered from here, kept so that a partial in a loop is set up once. */
  readonly entered: Map<Executable, Frame>;
}

export class Policy {
  readonly caller: Caller;
  readonly #resolveCaller: PolicyOptions['resolveCaller'];
  readonly #own: Standing;
  /** By principal key; those who are gone have that of Anonymous. */
  readonly #standings = new Map<string, Standing>();
  readonly #proxies = new Map<string, Standing>();
  #frame: Frame;

  constructor(caller: Caller, options: PolicyOptions) {
    this.caller = caller;
    this.#resolveCaller = options.resolveCaller;
    this.#own = new Standing(caller);
    this.#standings.set(principalKey(caller.principal), this.#own);
    this.#frame = {
      depth: 0,
      outer: undefined,
      executable: undefined,
      judged: [{ standing: this.#own, part: 'caller' }],
      entered: new Map(),
    };
  }

  /**
   * Tells whether `permission` is allowed at `object`, here and now.
   *
   * Some ten nanoseconds for each who is judged when it was asked before.
   *
   * @throws TypeError when there is no such permission
   */
  may(permission: string, object: Guarded): boolean {
    for (const { standing } of this.#frame.judged) {
      if (!standing.may(permission, object)) return false;
    }
    return true;
  }

  /** As `may`, with the reasons. For people: it costs many times as much. */
  decide(permission: string, object: Guarded): Decision {
    const { judged } = this.#frame;
    return {
      allowed: this.may(permission, object),
      because: [
        explainRequirement(permission, object),
        ...judged.map((one) => explainStanding(one, permission, object)),
      ],
    };
  }

  /**
   * Does nothing when `permission` is allowed at `object`.
   *
   * @throws Unauthorized `SRV_UNAUTHORIZED`, with the decision, when it is not
   */
  require(permission: string, object: Guarded): void {
    if (this.may(permission, object)) return;
    const known = isKnown(this.caller.principal);
    const advice = known ? '' : ' Sign in as someone who has it.';
    throw new Unauthorized(`"${permission}" is not allowed at ${object.path}.${advice}`, {
      decision: this.decide(permission, object),
      known,
      lacking: { permission, path: object.path, roles: rolesHaving(permission, object) },
    });
  }

  /** Lists the roles that the caller has at `object`, whatever runs. */
  rolesAt(object: Guarded): readonly string[] {
    return this.#own.rolesAt(object).map(({ role }) => role);
  }

  /** Tells whether a template or script may see `object` at all. */
  mayTouch(object: Guarded): boolean {
    return this.may('View', object);
  }

  /**
   * Runs `work` as part of `executable`: its authors, and its proxy roles, count until it ends.
   *
   * @throws ServerError `SRV_TOO_DEEP` inside `RUNNING_MAX` others
   */
  run<T>(executable: Executable, work: () => T): T {
    const outer = this.#frame;
    if (outer.depth >= RUNNING_MAX) {
      throw new ServerError(
        'SRV_TOO_DEEP',
        `${executable.path} runs inside ${RUNNING_MAX} others. Does it call itself?`,
      );
    }
    this.#frame = outer.entered.get(executable) ?? this.#enter(outer, executable);
    try {
      return work();
    } finally {
      this.#frame = outer;
    }
  }

  /**
   * Tells whether every author of `executable` has a permission at an object, whoever calls it: what
   * they made it use has to be theirs to use.
   *
   * @throws TypeError when there is no such permission
   */
  authorsMay(permission: string, executable: Executable, object: Guarded): boolean {
    return this.#authorsOf(executable).every(({ standing }) => standing.may(permission, object));
  }

  /** Tells whether every author of `executable` may write active content where it stands. */
  mayActive(executable: Executable): boolean {
    return this.#authorsOf(executable).every((author) => mayActive(author, executable));
  }

  /** Lists the authors who may not, by key; `''` stands for the one that it has not. */
  sanitizedFor(executable: Executable): readonly string[] {
    return this.#authorsOf(executable).flatMap((author) =>
      mayActive(author, executable) ? [] : [author.authorKey ?? ''],
    );
  }

  /**
   * Forgets every decision made so far.
   *
   * For whoever has just changed what decisions rest on. What runs at the moment goes on with the
   * authors and proxy roles it was entered with.
   */
  forget(): void {
    for (let at: Frame | undefined = this.#frame; at !== undefined; at = at.outer) {
      at.entered.clear();
      for (const { standing } of at.judged) standing.forget();
    }
    this.#proxies.clear();
    this.#standings.clear();
    this.#own.forget();
    this.#standings.set(principalKey(this.caller.principal), this.#own);
  }

  #enter(outer: Frame, executable: Executable): Frame {
    const frame: Frame = {
      depth: outer.depth + 1,
      outer,
      executable,
      judged: this.#judgedIn(outer, executable),
      entered: new Map(),
    };
    outer.entered.set(executable, frame);
    return frame;
  }

  #judgedIn(outer: Frame, executable: Executable): readonly Judged[] {
    const authors = this.#authorsOf(executable);
    const { proxyRoles = [] } = executable;
    if (proxyRoles.length > 0) {
      const standing = this.#proxyOf(proxyRoles);
      return distinct([{ standing, part: 'proxy', executable }, ...authors]);
    }
    // Proxy roles count for the innermost executable alone: what it calls is back to the caller
    // and to everyone whose executable is running.
    const running: Judged[] = [];
    for (let at: Frame | undefined = outer; at?.executable !== undefined; at = at.outer) {
      running.unshift(...this.#authorsOf(at.executable));
    }
    const caller: Judged = { standing: this.#own, part: 'caller' };
    return distinct([caller, ...running, ...authors]);
  }

  #authorsOf(executable: Executable): readonly Judged[] {
    const { authors } = executable;
    if (authors.length === 0) {
      return [{ standing: this.#standingOf(ANONYMOUS_CALLER), part: 'author', executable }];
    }
    return authors.map((authorKey) => ({
      standing: this.#standings.get(authorKey) ?? this.#resolve(authorKey),
      part: 'author',
      executable,
      authorKey,
    }));
  }

  #resolve(key: string): Standing {
    const standing = this.#standingOf(this.#resolveCaller(key) ?? ANONYMOUS_CALLER);
    this.#standings.set(key, standing);
    return standing;
  }

  #standingOf(caller: Caller): Standing {
    const key = principalKey(caller.principal);
    let standing = this.#standings.get(key);
    if (standing === undefined) {
      standing = new Standing(caller);
      this.#standings.set(key, standing);
    }
    return standing;
  }

  #proxyOf(roles: readonly string[]): Standing {
    const key = JSON.stringify(roles);
    let standing = this.#proxies.get(key);
    if (standing === undefined) {
      standing = new Standing(ANONYMOUS_CALLER, { everywhere: roles });
      this.#proxies.set(key, standing);
    }
    return standing;
  }
}

function mayActive({ standing }: Judged, executable: Executable): boolean {
  return standing.may('Add active content', executable);
}

/** Keeps the first of those who would be judged twice. */
function distinct(judged: readonly Judged[]): readonly Judged[] {
  const seen = new Set<Standing>();
  return judged.filter(({ standing }) => {
    const isNew = !seen.has(standing);
    seen.add(standing);
    return isNew;
  });
}
