export { downloadFile, type FileDownload, type Patience } from './download-file.ts';
export { MirrorFailure } from './mirror-failure.ts';
