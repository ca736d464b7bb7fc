/** The worker's entry: one server of Bee. */
import { createServer } from '../bee/index.ts';
import { serveInstance } from './serve-instance.ts';

serveInstance(createServer);
