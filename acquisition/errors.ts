/** Everything the room throws. Each error has a stable `code` that begins with `ACQ_`. */

/** The base of the room's errors. `code` stays the same from release to release; messages may not. */
export class AcquisitionError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}
