/**
 * The lines of the conformance list that have no meaning here. Each says why: whatever such a line
 * promises beyond its words is tested elsewhere.
 */
export interface NotHere {
  readonly id: string;
  readonly why: string;
}

export const notHere: readonly NotHere[] = [
  {
    id: 'CT-sync-01',
    why: 'Nothing can be stored outside a transaction: one call hands a storage all of it (CT-basic-05).',
  },
  {
    id: 'CT-sync-05',
    why: 'Nothing can be finished that was not begun: that one call begins, votes and finishes.',
  },
  {
    id: 'CT-sync-06',
    why: 'Nothing of another transaction can be finished: between calls, a storage is in none.',
  },
];
