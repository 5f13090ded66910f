/**
 * Parts of a transaction that may fail, and are then taken back as if they had never been.
 *
 * Within an attempt, each open SQL transaction gets a savepoint before the first statement there. So a
 * statement that fails takes back what the attempt did, in all databases, and nothing else: also where
 * the database itself would have nothing more to do with the transaction (PostgreSQL).
 */
/** Something that was begun and may fail. Exactly one of the two is to be called at its end. */
export interface Attempt {
  /** What was done stays part of the transaction. */
  keep(): void;
  /** Takes back what was done in databases. */
  undo(): void;
}

/** What is needed of an open transaction. Savepoints have numbers from 1, those within others higher ones. */
export interface Attemptable {
  /** What it has done so far. */
  readonly statements: readonly unknown[];
  setSavepoint(number: number): void;
  keepSavepoint(number: number): void;
  /**
   * Goes back to a savepoint, after which there are so many statements. Where it cannot, nothing more is
   * done in the transaction.
   */
  undoSavepoint(number: number, statements: number): void;
}

/** Attempts within each other, of one transaction of objects. */
export class Attempts<T extends Attemptable> {
  readonly #levels: Map<T, number>[] = [];
  readonly #isOpen: (transaction: T) => boolean;

  constructor(isOpen: (transaction: T) => boolean) {
    this.#isOpen = isOpen;
  }

  begin(): Attempt {
    const level = new Map<T, number>();
    this.#levels.push(level);
    const end = (step: 'keep' | 'undo') => (): void => this.#end(level, step);
    return { keep: end('keep'), undo: end('undo') };
  }

  /** To be called before each statement: sets the savepoints that the transaction lacks. */
  enter(transaction: T): void {
    for (const [at, level] of this.#levels.entries()) {
      if (level.has(transaction)) continue;
      transaction.setSavepoint(at + 1);
      level.set(transaction, transaction.statements.length);
    }
  }

  #end(level: Map<T, number>, step: 'keep' | 'undo'): void {
    const at = this.#levels.lastIndexOf(level);
    if (at === -1) throw new TypeError('An attempt ends once');
    this.#levels.length = at;
    for (const [transaction, statements] of level) {
      if (!this.#isOpen(transaction)) continue;
      if (step === 'undo') transaction.undoSavepoint(at + 1, statements);
      transaction.keepSavepoint(at + 1);
    }
  }
}
