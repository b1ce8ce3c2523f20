/** Results of experiments as files: a table of what was claimed and found, and everything as JSON. Pure. */
import { csv } from './events';
import { boundsOf } from './published';
import { curvesOf, findingsOf, verdictOf, type Digest, type Experiment } from './validation';

export interface Result {
  experiment: Experiment;
  digests: readonly (Digest | null)[];
}

/** An end that is not there is an empty field. */
const field = (value: number | null): number | string =>
  value === null || !Number.isFinite(value) ? '' : Math.round(value * 1000) / 1000;

export const resultsCsv = (results: readonly Result[]): string =>
  csv([
    [
      'experiment',
      'source',
      'claim',
      'unit',
      'basis',
      'published',
      'low',
      'high',
      'found',
      'difference',
      'agrees',
    ],
    ...results.flatMap(({ experiment, digests }) =>
      findingsOf(experiment, digests).map((finding) => {
        const { published } = finding;
        const [low, high] = boundsOf(published);
        return [
          experiment.id,
          experiment.source,
          finding.id,
          finding.unit,
          finding.basis,
          'value' in published ? published.value : '',
          field(low),
          field(high),
          field(finding.value),
          field(finding.difference),
          finding.agrees === null ? '' : String(finding.agrees),
        ];
      }),
    ),
  ]);

/** @param version of the site: equal versions give equal results. */
export const resultsJson = (results: readonly Result[], version: string): string =>
  `${JSON.stringify(
    {
      version,
      experiments: results.map(({ experiment, digests }) => {
        const findings = findingsOf(experiment, digests);
        return {
          id: experiment.id,
          source: experiment.source,
          verdict: verdictOf(findings),
          worlds: experiment.worlds.map((scenario, world) => ({
            scenario,
            values: digests[world]?.values ?? null,
          })),
          findings: findings.map(({ id, unit, basis, published, value, difference, agrees }) => {
            const [low, high] = boundsOf(published).map((end) => (Number.isFinite(end) ? end : null));
            return { id, unit, basis, published: { ...published, low, high }, value, difference, agrees };
          }),
          curves: curvesOf(experiment, digests),
        };
      }),
    },
    null,
    1,
  )}\n`;
