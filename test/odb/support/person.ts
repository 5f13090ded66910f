/** A class that had another name and other attributes once; loaded by writing threads too. */
import { counter, Persistent, type State } from '../../../odb/index.js';

export const PERSON = 'test.version.Person';
export const PERSON_ONCE = 'test.version.Customer';

/** Version 0 had `first` and `last`; version 1 had `fullName`. */
export class Person extends Persistent {
  static {
    this.define(
      PERSON,
      { name: '', visits: counter(), friend: undefined, city: '' },
      { formerly: [PERSON_ONCE], version: 2, migrate },
    );
  }

  declare name: string;
  declare visits: number;
  declare friend: Persistent | undefined;
  declare city: string;
}

function migrate({ first, last, fullName, ...others }: State, fromVersion: number): State {
  if (others.city === 'nowhere') throw new Error('there is no such place');
  return { ...others, name: fromVersion === 0 ? `${String(first)} ${String(last)}` : fullName };
}
