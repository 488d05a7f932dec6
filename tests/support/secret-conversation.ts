import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { inFolder } from './loads.ts';
import { runProgram } from './trace-load.ts';

/** Lets openssl say something to a server of its own, which says it backwards. Returns the process id of who said it. */
export async function secretConversation(text: string): Promise<number> {
  let pid = 0;
  await inFolder(async (folder) => {
    const [key, certificate] = [join(folder, 'key'), join(folder, 'certificate')];
    const subject = ['-subj', '/CN=localhost', '-keyout', key, '-out', certificate];
    await runProgram(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject]);
    const words = ['-accept', '0', '-key', key, '-cert', certificate, '-rev'];
    const server = spawn('openssl', ['s_server', ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [, port = ''] = await outputMatching(server.stdout, /^ACCEPT \S*:(\d+)$/m);
      const client = spawn('openssl', ['s_client', '-quiet', '-connect', `127.0.0.1:${port}`], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      pid = client.pid ?? 0;
      client.stdin.write(`${text}\n`);
      await outputMatching(client.stdout, new RegExp([...text].reverse().join('')));
      const ended = new Promise((resolve) => client.on('close', resolve));
      client.kill();
      await ended;
    } finally {
      server.kill();
    }
  });
  return pid;
}

/** Reads until the text matches. @throws Error when it ends before that */
async function outputMatching(stream: Readable, pattern: RegExp): Promise<RegExpExecArray> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    text += chunk;
    const match = pattern.exec(text);
    if (match !== null) return match;
  }
  throw new Error(`ended before ${pattern}: ${text}`);
}
