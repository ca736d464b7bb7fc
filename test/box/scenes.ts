/**
 * What is asked of the real server and of the box. A step is the name of a call and its arguments; tuples, keys and operations
 * are MessagePack in hexadecimal. Each scene begins on a fresh server.
 */
import type { Scene } from './scene.ts';
import { accessScenes } from './scenes-access.ts';
import { ddlScenes } from './scenes-ddl.ts';
import { indexScenes } from './scenes-indexes.ts';
import { transactionScenes } from './scenes-transactions.ts';
import { updateScenes } from './scenes-update.ts';

export const scenes: readonly Scene[] = [
  ...ddlScenes(),
  ...indexScenes(),
  ...updateScenes(),
  ...transactionScenes(),
  ...accessScenes(),
];
