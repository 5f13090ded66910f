/** Room on the disk as a test says it is, for all that asks in this thread. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

export interface DiskRoom extends Disposable {
  freeBytes: number;
  /** How often somebody asked. */
  looks: number;
}

/** Stands in for what the system says until it is disposed. */
export function standInRoom(freeBytes: number): DiskRoom {
  const original = fs.statfsSync;
  const room: DiskRoom = {
    freeBytes,
    looks: 0,
    [Symbol.dispose]() {
      fs.statfsSync = original;
      syncBuiltinESMExports();
    },
  };
  function statfs(): fs.StatsFs {
    room.looks += 1;
    return Object.assign(original('/'), { bsize: 1, bavail: room.freeBytes });
  }
  fs.statfsSync = statfs as unknown as typeof fs.statfsSync;
  syncBuiltinESMExports();
  return room;
}
