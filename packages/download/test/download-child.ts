import { downloadFile, type FileDownload } from '../src/index.ts';

/**
 * Downloads in a process of its own, which reads its certificates at its start. Takes the download
 * as JSON; prints the failure as JSON, or `null`.
 */
const { mirrors, ...download } = JSON.parse(process.argv[2]!) as FileDownload & {
  mirrors: string[];
};
const result = await downloadFile({
  ...download,
  mirrors: mirrors.map((mirror) => new URL(mirror)),
}).then(
  () => null,
  ({ name, failure }) => ({ name, ...failure }),
);
process.stdout.write(JSON.stringify(result));
