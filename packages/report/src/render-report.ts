import { shortName } from './lineage.ts';
import { page } from './page/page.ts';
import { calibrationPlots } from './plots/calibration-plots.ts';
import { classPlot } from './plots/class-plot.ts';
import { confusionPlot } from './plots/confusion-plot.ts';
import { Figures } from './plots/figures.ts';
import { historyPlots } from './plots/history-plots.ts';
import { intervalPlot } from './plots/interval-plot.ts';
import { drawPlot, type Plot } from './plots/plot.ts';
import { paletteCss } from './plots/theme.ts';
import { timingPlot } from './plots/timing-plot.ts';
import type { Report } from './report-schema.ts';
import { classes, errors } from './sections/classes.ts';
import { calibration } from './sections/confidence.ts';
import { data } from './sections/data.ts';
import { header } from './sections/header.ts';
import { configuration, environment, training } from './sections/making.ts';
import { mistakes, samples, shownPositions } from './sections/pictures.ts';
import { type ImageSource, type Images, readImages } from './sections/section.ts';
import { hasRoom, type TriedNetwork, trial, trialCss, trialScript } from './sections/trial.ts';

const plotsOf = (report: Report): Plot[] => [
  intervalPlot(report),
  ...historyPlots(report),
  confusionPlot(report),
  classPlot(report),
  ...calibrationPlots(report),
  timingPlot(report),
];

/**
 * The report as one HTML file that asks for nothing. It also does without scripts; with them it runs
 * the network. Equal arguments give equal bytes.
 * @param test the test split, in the order of the predictions; few of its images are read
 * @param network what the page runs; left out where it would make the page too large
 * @param alike the pictures of `nearDuplicates.examples` in the data contract, both of each pair, by place
 */
export async function renderReport(
  report: Report,
  test: ImageSource,
  network?: TriedNetwork,
  alike?: Images,
): Promise<string> {
  const images = await readImages(test, shownPositions(report));
  const figures = await Figures.draw(plotsOf(report));
  const material = { report, figures, images, alike };
  const tried = network && hasRoom(network) ? network : undefined;
  const title = `${report.dataset.title}: training ${shortName(report.training.fingerprint)}`;
  const sections = [
    training(material),
    errors(material),
    classes(material),
    calibration(material),
    samples(material),
    ...(tried ? [trial(material, tried)] : []),
    mistakes(material),
    data(material),
    configuration(material),
    environment(material),
  ];
  const footer = 'Every number of this page, and many more, is in report.json, beside this file.';
  return page({
    ...{ title, header: header(material), sections, footer },
    ...(tried && { css: trialCss, script: trialScript(report, images, tried) }),
  });
}

/** The report's plots as SVG files that stand by themselves, in light and dark, by name. */
export async function renderPlots(report: Report): Promise<Record<string, string>> {
  const drawn = plotsOf(report).map(async (plot) => {
    const svg = await drawPlot(plot, 'wide');
    return [plot.id, svg.replace(/^<svg[^>]*>/, (root) => `${root}<style>${paletteCss}</style>`)];
  });
  return Object.fromEntries(await Promise.all(drawn)) as Record<string, string>;
}
