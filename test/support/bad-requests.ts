// Requests that no registry may stumble over: each gets a problem document with this status and code, never a 500
// and never silence. The registry holds demo-lib@0.1.0; `archive` is one that it would take as bad-input@1.0.0.
import { badBodies } from './bad-requests/bodies.ts';
import { badCredentials, badQueries, badReadHeaders } from './bad-requests/headers.ts';
import { badHttp } from './bad-requests/http.ts';
import { badJsonBodies } from './bad-requests/json-bodies.ts';
import { badMultiparts } from './bad-requests/multiparts.ts';
import { badMethods, badNames, badPaths, badVersions } from './bad-requests/paths.ts';
import type { BadRequest } from './bad-requests/row.ts';

export type BadRequestTarget = { token: string; archive: Uint8Array };

/** Every row, for a registry with this token. */
export function badRequests({ token, archive }: BadRequestTarget): BadRequest[] {
  const bearer = `Authorization: Bearer ${token}`;
  return [
    ...badNames(),
    ...badVersions(),
    ...badPaths(),
    ...badMethods(),
    ...badQueries(),
    ...badReadHeaders(),
    ...badCredentials(),
    ...badHttp(),
    ...badBodies(bearer, archive),
    ...badMultiparts(bearer, archive),
    ...badJsonBodies(bearer),
  ];
}
