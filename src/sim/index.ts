/** The simulator's public surface. */
export { type ClusterOptions, type Counts, SimCluster } from './cluster/cluster.ts';
export { type FaultKind, faultKinds } from './cluster/mix.ts';
export { Violation, type ViolationKind } from './cluster/violation.ts';
export { SeededRandom } from './random.ts';
export type { SimClock } from './sim-clock.ts';
export { type DiskFaults, noDiskFaults } from './sim-disk.ts';
export { SimFileSystem } from './sim-file-system.ts';
export type { Process, ProcessFactory, ProcessHost, SimProcess } from './sim-process.ts';
export { type Answer, type CreateServer, SimServer } from './sim-server.ts';
export { SimWorld, type SimWorldOptions, type Spawned, type SpawnOptions } from './sim-world.ts';
