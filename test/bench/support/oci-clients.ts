// Clients of OCI registries that are measured beside each other, each a whole process: our library in a small program,
// `oras` and `crane`.
import { join } from 'node:path';
import { tool } from '../../interop/tools.ts';
import { nodeProgram, type Program } from './programs.ts';
import { publishedPackage } from './published.ts';
import { type SampleFiles, writeLayout } from './sample-files.ts';

export type OciClient = {
  name: 'ours' | 'oras' | 'crane';
  /** What does the work, for a reader. */
  title: string;
  /** How many blobs one process moves at the same time, where it can't be told. */
  atOnceOwn?: number;
  /** Uploads files as one artifact. What it needs beside them is made in `scratch` first, while no time counts. */
  push(files: SampleFiles, place: Transfer): Promise<Program>;
  /** Downloads an artifact into `scratch`. */
  pull(place: Transfer): Program;
};

export type Transfer = {
  reference: string;
  /** How many blobs are on their way at the same time. */
  atOnce: number;
  /** A folder that does not exist yet. */
  scratch: string;
  /** How a profile of it is named. */
  profile: string;
};

export type ClientOptions = {
  /** A folder of their own. */
  folder: string;
  /** Where profiles of ours go, if anywhere. */
  profiles: string | undefined;
};

export type OciClients = Record<OciClient['name'], OciClient>;

export async function openClients(options: ClientOptions): Promise<OciClients> {
  const published = await publishedPackage(join(options.folder, 'package'));
  return {
    ours: ourClient(await published.program('oci-client'), options),
    oras: orasClient(await tool('oras')),
    crane: craneClient(await tool('crane')),
  };
}

function ourClient(program: string, { profiles }: ClientOptions): OciClient {
  const run = (
    command: 'push' | 'pull',
    { reference, atOnce, profile }: Transfer,
    paths: string[],
  ) =>
    nodeProgram(
      [program, command, reference, `${atOnce}`, ...paths],
      profiles === undefined ? undefined : { folder: profiles, name: `${profile}-${command}` },
    );
  return {
    name: 'ours',
    title: 'the library',
    push: async ({ folder, names }, place) =>
      run(
        'push',
        place,
        names.map((name) => join(folder, name)),
      ),
    pull: (place) => run('pull', place, [place.scratch]),
  };
}

function orasClient(path: string): OciClient {
  const options = (atOnce: number) => ['--plain-http', '--concurrency', `${atOnce}`];
  return {
    name: 'oras',
    title: 'oras',
    async push({ folder, names }, { reference, atOnce }) {
      const type = ['--artifact-type', 'application/vnd.example.files.v1'];
      return {
        path,
        args: ['push', ...options(atOnce), ...type, reference, ...names],
        cwd: folder,
      };
    },
    pull: ({ reference, scratch, atOnce }) => ({
      path,
      args: ['pull', ...options(atOnce), '--output', scratch, reference],
    }),
  };
}

/**
 * It uploads what lies in an OCI image layout, and downloads into one: no other of its commands takes content that is
 * no tar archive as it is. So it is told the digests of what it uploads, which the others work out.
 */
function craneClient(path: string): OciClient {
  return {
    name: 'crane',
    title: 'crane with an OCI layout',
    atOnceOwn: 4,
    async push(files, { reference, scratch }) {
      await writeLayout(scratch, files);
      return { path, args: ['push', '--insecure', scratch, reference] };
    },
    pull: ({ reference, scratch }) => ({
      path,
      args: ['pull', '--insecure', '--format', 'oci', reference, scratch],
    }),
  };
}
