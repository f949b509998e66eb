// What has happened on this server that matters for the safety of accounts.

/** @import {Api} from '../base/api.js' */
/** @import {User} from '../base/types.js' */

/**
 * @typedef {{id: string, kind: string, actor: User | null, user: User | null, address: string | null, device: string,
 *   subjectId: string | null, detail: string | null, count: number, createdAt: string}} SecurityEvent
 */

/** So many are listed at once. */
export const PAGE = 25;

/** @param {Api} api @param {string} before the id of the last one that is there, or '' @returns {Promise<SecurityEvent[]>} */
export async function auditLog(api, before) {
  return api.get(`/api/admin/audit?${new URLSearchParams({ limit: `${PAGE}`, ...(before && { before }) })}`);
}
