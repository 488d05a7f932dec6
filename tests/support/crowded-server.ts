import { type ChildProcess, spawn } from 'node:child_process';
import { CProgram } from './c-program.ts';

/** Nobody accepts, and only few may wait: requests that come later are dropped, and repeated after a second. */
const source = `
  #include <arpa/inet.h>
  #include <fcntl.h>
  #include <stdio.h>
  #include <unistd.h>
  int main(void) {
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at; char c;
    int server = socket(AF_INET, SOCK_STREAM, 0);
    bind(server, (struct sockaddr *)&at, sizeof at);
    listen(server, 0);
    getsockname(server, (struct sockaddr *)&at, &size);
    for (int i = 0; i < 4; i++) {
      int client = socket(AF_INET, SOCK_STREAM, 0);
      fcntl(client, F_SETFL, O_NONBLOCK);
      connect(client, (struct sockaddr *)&at, sizeof at);
    }
    printf("%d\\n", ntohs(at.sin_port));
    fflush(stdout);
    while (read(0, &c, 1) > 0) {}
    return 0;
  }`;

/** A program that repeats its requests for TCP connections on this machine, until it is disposed of. Needs gcc. */
export class CrowdedServer implements Disposable {
  readonly #program = new CProgram(source);
  #child: ChildProcess | undefined;

  /** Starts the program, and gives the port of its server. */
  async start(): Promise<number> {
    const child = spawn(this.#program.path, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child = child;
    return await new Promise((resolve) =>
      child.stdout.once('data', (data: Buffer) => resolve(Number(data.toString()))),
    );
  }

  [Symbol.dispose](): void {
    this.#child?.stdin?.end();
    this.#program[Symbol.dispose]();
  }
}
