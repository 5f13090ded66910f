/** What the policy answers: yes or no, and why. */
export interface Decision {
  readonly allowed: boolean;

  /** Sentences for people: what was asked for, and what each who was judged has. Never empty. */
  readonly because: readonly string[];
}
