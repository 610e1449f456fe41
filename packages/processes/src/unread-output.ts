/** 128 and SIGPIPE's number: what a shell reports of a program that this signal has ended. */
const UNREAD = 141;

/** Ends a command whose output nobody reads any more (`… | head`) as other programs end: silently. */
export function endWhenUnread(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(UNREAD);
    });
}
