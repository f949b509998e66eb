// Reporting a message to the administrators.

/** @import {Api} from '../base/api.js' */

/** Twice is once. @param {Api} api @param {string} id the message’s @param {string} reason or '' */
export async function reportMessage(api, id, reason) {
  await api.post(`/api/messages/${id}/reports`, { ...(reason && { reason }) });
}
