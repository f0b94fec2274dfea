import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** Listens with the shortest queue there is, and then does nothing for ever. */
const LISTENER = `
const { parentPort, workerData } = require('node:worker_threads');
const listener = require('node:net').createServer();
listener.listen({ port: workerData, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(listener.address().port);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/** An address that answers no attempt to connect, not even with a refusal: as a firewall that drops packets. */
export class NeverAccepts {
  readonly port: number;
  readonly #worker: Worker;
  readonly #queued: Socket[];

  private constructor(port: number, worker: Worker, queued: Socket[]) {
    this.port = port;
    this.#worker = worker;
    this.#queued = queued;
  }

  /**
   * Fills the queue of a listener that takes nobody out of it: the system then drops what comes.
   *
   * @param at port to listen on; @default a free one
   */
  static async start(at = 0): Promise<NeverAccepts> {
    const worker = new Worker(LISTENER, { eval: true, workerData: at });
    const port = await new Promise<number>((resolve) => worker.once('message', resolve));
    const queued: Socket[] = [];
    let isQueued = true;
    while (isQueued) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      queued.push(socket);
      isQueued = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true));
        setTimeout(resolve, 300, false);
      });
    }
    return new NeverAccepts(port, worker, queued);
  }

  async close(): Promise<void> {
    for (const socket of this.#queued) {
      socket.destroy();
    }
    await this.#worker.terminate();
  }
}
