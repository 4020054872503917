export { defineConfig } from './config/define.ts';
export type { Config, HoldfastConfig } from './config/schema.ts';
export type { ReportJson } from './cycle/report.ts';
export { ERRORS, type ErrorCode, EXIT, HoldfastError, type Stage } from './model/errors.ts';
export type { Encoding, FileKind, Manifest, ReleaseFile } from './model/manifest.ts';
export type { ControlRecord } from './publish/control.ts';
export type {
  Control,
  ControlState,
  Destination,
  OpenFile,
  PruneReport,
  Pruning,
  ReadBack,
  ReadBackWish,
  Standing,
  Transfer,
} from './publish/destination.ts';
export type { PurgeAnswer, PurgeAsk, PurgeLimit, PurgePaths, Purger } from './publish/purger.ts';
export type { Analytics, Markup, PageFacts, Sources, Unscripted } from './render/analytics/port.ts';
