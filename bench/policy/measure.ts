/** A program of its own: one company, all measures, figures as JSON on standard output. */
import { type CompanySize, company } from '@bulkhead/testkit/company.ts';
import type { Figure } from '../figure.ts';
import { measureChanges } from './changes.ts';
import { measureCompile } from './compile.ts';
import { measureDecide } from './decide.ts';
import { measureExact } from './exact.ts';
import { type Measure, splitDocuments } from './subject.ts';

/** In this order, each with the same documents; a new measure is a line here. */
const measures: readonly Measure[] = [measureCompile, measureChanges, measureDecide, measureExact];

const size = JSON.parse(process.argv[2] ?? '{}') as CompanySize;
const documents = company(size);
const subject = splitDocuments(documents, size);
const figures: Figure[] = [];
for (const measure of measures) figures.push(...measure(subject));
process.stdout.write(JSON.stringify(figures));
