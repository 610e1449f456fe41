export { buildReport, type ReportInputs } from './build-report.ts';
export { renderComparisonPage } from './comparison-page/comparison-page.ts';
export { renderModelCard } from './model-card.ts';
export { withVerdict } from './page/with-verdict.ts';
export { answersOf, testFilesOf } from './reference.ts';
export { renderPlots, renderReport } from './render-report.ts';
export {
  type Report,
  reportSchema,
} from './report-schema.ts';
export type { RunEntry } from './runs-page/run-entry.ts';
export { renderRunsPage } from './runs-page/runs-page.ts';
export type { ImageSource, Images } from './sections/section.ts';
export type { TriedNetwork } from './sections/trial.ts';
