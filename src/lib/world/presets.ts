/** The worlds the lab offers, in the order of its menu. Words are in `lab.world.<id>` and `lab.world.<id>.about`. */
export const PRESET_IDS = [
  'story-host',
  'full-host',
  'ten-linux',
  'story-minimum',
  'story-maximum',
  'blank',
] as const;
export type PresetId = (typeof PRESET_IDS)[number];

/** The world of the home page: six VMs that start one after another. */
export const HOME_SCENARIO_ID = 'home';

/** Worlds with a network of their own, in the order of the menu; the lab offers those that the site has. */
export const NETWORK_PRESET_IDS = [
  'esx-story',
  'esx-attacked',
  'esx-default',
  'workstation',
  'wsus-test',
  'wsus-production',
  'wsus-direct',
  'shaping',
  'team-failover',
  'broadcast-storm',
] as const;
