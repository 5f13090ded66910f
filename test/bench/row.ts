/** One measured figure beside its reference from the same run. */
export interface BenchRow {
  readonly name: string;
  /** What was measured, with its unit. */
  readonly figure: string;
  /** The plain reference measured in the same run, with its unit. */
  readonly reference: string;
  /** How much of the reference was reached, more being better; absent where there is none. */
  readonly ratio?: number;
  /** What is aimed for. */
  readonly aim: string;
}
