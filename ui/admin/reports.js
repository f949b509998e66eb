// Messages that people have reported.

/** @import {Api} from '../base/api.js' */
/** @import {Report} from '../base/types.js' */

/** So many are listed at once. */
export const PAGE = 50;

/** The newest first. @param {Api} api @param {string} before the id of the last one before, or '' @returns {Promise<Report[]>} */
export async function reports(api, before) {
  return api.get(`/api/admin/reports${before && `?before=${before}`}`);
}

/** Nothing is left of it then. @param {Api} api @param {string} id */
export async function closeReport(api, id) {
  await api.delete(`/api/admin/reports/${id}`);
}
