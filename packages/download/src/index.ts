export { downloadFile, type FileDownload, noMirrorGave, type Patience } from './download-file.ts';
export { type Glance, glanceAtFile, type LookedAt, lookAtFile } from './follow-file.ts';
export { MirrorFailure } from './mirror-failure.ts';
