export { buildReport, type ReportInputs } from './build-report.ts';
export { renderModelCard } from './model-card.ts';
export { renderPlots, renderReport } from './render-report.ts';
export {
  type Report,
  reportSchema,
} from './report-schema.ts';
export type { Images } from './sections/section.ts';
