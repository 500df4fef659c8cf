import type { Registry } from '../port.ts';
import type { UploadLocations } from './upload-location.ts';

/** What answers are made from. */
export type OciServerParts = {
  /** The storage as the caller may see and change it. */
  registry: Registry;
  /** Who calls, for the locations of uploads: the same text for all requests of one token. */
  caller: string;
  locations: UploadLocations;
  /** What one blob may hold. */
  blobBytesMax: number;
};
