export { messageSchema } from './message.ts';
export { runNotifyCommand } from './run-command.ts';
export { signatureOf } from './signature.ts';
export { readWebhook, sendWebhook } from './webhook.ts';
