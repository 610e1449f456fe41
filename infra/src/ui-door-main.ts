import { createDoor } from './ui-door.ts';

/** The process behind the service `ui`. Its arguments: its own port, the UI's address and port. */
const [own, host, port] = process.argv.slice(2);
if (own === undefined || host === undefined || port === undefined)
  throw new Error('Expected a port, and the address and port of the UI.');

createDoor({ host, port: Number(port) }).listen({ port: Number(own), host: '127.0.0.1' });
