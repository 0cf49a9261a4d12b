/** The thread in which a command runs: the process's own streams, news of leftovers to the main thread, then oclif. */
import type { MessagePort } from 'node:worker_threads';
import { workerData } from 'node:worker_threads';
import { execute, settings } from '@oclif/core';
import { tellLeftovers } from '../../files/leftovers.js';
import { useStandardStreams } from './standard-streams.js';

const news = workerData as MessagePort;
tellLeftovers((message) => news.postMessage(message));
useStandardStreams();
// Not the sources in place of dist/, which oclif looks for where NODE_ENV is development or test, and warns if it finds none.
settings.enableAutoTranspile = false;
await execute({ dir: new URL('../../../bin/run.js', import.meta.url).href });
