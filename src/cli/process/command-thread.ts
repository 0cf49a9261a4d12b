/** The thread in which a command runs: the process's own streams, news of leftovers to the main thread, then oclif. */
import type { MessagePort } from 'node:worker_threads';
import { workerData } from 'node:worker_threads';
import { execute } from '@oclif/core';
import { tellLeftovers } from '../../files/leftovers.js';
import { useStandardStreams } from './standard-streams.js';

const news = workerData as MessagePort;
tellLeftovers((message) => news.postMessage(message));
useStandardStreams();
await execute({ dir: new URL('../../../bin/run.js', import.meta.url).href });
