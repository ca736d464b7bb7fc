/**
 * Known bugs, to prove that the simulator's checkers see. Each is a change of the source text while the simulator is bundled: no
 * line of the product knows of it, and nothing has to be public or replaceable for its sake, as wrapping the objects of the
 * product from outside would need (most of what matters is `#private`). When the place is edited the table says so at once.
 */
export interface Mutation {
  readonly name: string;
  /** Below the project's folder. */
  readonly file: string;
  /** Must stand in the file once. */
  readonly find: string;
  readonly replace: string;
  /** It must be caught within so many seeds, from seed 1 on. */
  readonly seedsMax: number;
}

export const mutations: readonly Mutation[] = [
  {
    name: 'skip the vclock test',
    file: 'src/bee/replication/applier-stream.ts',
    find: `vclock.get(last.replicaId) >= last.lsn) return;
    let rows = received.filter((row) => row.lsn > vclock.get(row.replicaId));`,
    replace: `last.lsn === 0) return;
    let rows = [...received];`,
    seedsMax: 5,
  },
  {
    name: 'take a row twice that comes by two ways',
    file: 'src/bee/replication/applier-stream.ts',
    find: `vclock.get(last.replicaId) >= last.lsn) return;
    let rows = received.filter((row) => row.lsn > vclock.get(row.replicaId));`,
    replace: `vclock.get(last.replicaId) > last.lsn) return;
    let rows = received.filter((row) => row.lsn >= vclock.get(row.replicaId));`,
    seedsMax: 5,
  },
  {
    name: 'send before written',
    file: 'src/bee/wal/log-writer.ts',
    find: `  #append(batch: Batch, bytes: Uint8Array): void {
    const current = this.#current;`,
    replace: `  #append(batch: Batch, bytes: Uint8Array): void {
    const current = this.#current;
    for (const row of batch.rows) this.tail.push(row, current?.entry);
    this.written.broadcast();`,
    seedsMax: 40,
  },
  {
    name: 'answer before written',
    file: 'src/bee/server/storage.ts',
    find: `if (!this.#isLogOpen || !this.writer.hasUnwritten) return true;`,
    replace: `if (this.#isLogOpen || !this.writer.hasUnwritten) return true;`,
    seedsMax: 10,
  },
  {
    name: 'acknowledge before written',
    file: 'src/bee/replication/applier-stream.ts',
    find: `channel.send(vclockFrame(group.host.writtenVclock()));`,
    replace: `channel.send(vclockFrame(group.host.vclock()));`,
    seedsMax: 200,
  },
  {
    name: 'lose one row at rotation',
    file: 'src/bee/wal/log-reader.ts',
    find: `if (next.file !== undefined && next.file !== this.#file) this.#walkTo(next.file);`,
    replace: `if (next.file !== undefined && next.file !== this.#file) {
        this.#walkTo(next.file);
        continue;
      }`,
    seedsMax: 40,
  },
  {
    name: 'forget a rollback',
    file: 'src/bee/wal/log-writer.ts',
    find: `for (const entry of entries) entry.onFailed();`,
    replace: ``,
    seedsMax: 5,
  },
  {
    name: 'roll back in the wrong order',
    file: 'src/bee/wal/log-writer.ts',
    find: `.flatMap((lost) => lost.entries).reverse();`,
    replace: `.flatMap((lost) => lost.entries);`,
    seedsMax: 200,
  },
  {
    name: 'keep the numbers of lost rows',
    file: 'src/bee/wal/log-writer.ts',
    find: `this.assignedVclock.assign(this.writtenVclock);
    this.#settled`,
    replace: `this.#settled`,
    seedsMax: 10,
  },
  {
    name: 'drop the rolledBack notification',
    file: 'src/bee/server/storage.ts',
    find: `this.#instance.replication.rolledBack(clientError('WAL_IO').at('applier.cc', 0));`,
    replace: ``,
    seedsMax: 10,
  },
  {
    name: 'let local rows out',
    file: 'src/bee/replication/relay.ts',
    find: `if (row.replicaId === 0 || this.#subscription`,
    replace: `if (this.#subscription`,
    seedsMax: 10,
  },
  {
    name: 'filter the rows of third servers',
    file: 'src/bee/replication/relay.ts',
    find: `const isItsOwn = row.replicaId === this.#replica.id;`,
    replace: `const isItsOwn = row.replicaId !== this.#cluster.instanceId;`,
    seedsMax: 60,
  },
  {
    name: 'append behind the end marker',
    file: 'src/bee/wal/log-takeover.ts',
    find: `if (file.size > headerBytes) {`,
    replace: `if (file.size < headerBytes) {`,
    seedsMax: 60,
  },
  {
    name: 'take the snapshot after the rotation',
    file: 'src/bee/wal/garbage-collection.ts',
    find: `const rotated = yield* this.#writer.rotate();`,
    replace: `const rotated = yield* this.#writer.rotate();
      view.rows = () => openView().rows();`,
    seedsMax: 200,
  },
  {
    name: 'never connect again',
    file: 'src/bee/replication/applier.ts',
    find: `return next === 'loading' || next === 'disconnected';`,
    replace: `return next === 'loading';`,
    seedsMax: 50,
  },
];
