//! What programs post to a hook: bodies in the shapes that their documentation shows, in all the types and charsets that
//! they come in. docs/webhooks.md has the same table for people.

use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::support::{Answer, Client, Server, answer, dev, text};

struct Hook {
    _server: Server,
    nobody: Client,
    path: String,
}

impl Hook {
    async fn new() -> Self {
        let server = Server::start(dev()).await;
        let john = server.sign_in("john").await;
        let room = john.make_room("House", &[], false).await;
        let path = format!("/api/conversations/{room}/hooks");
        let made = john.post(&path, json!({ "bot": "lamp" })).await.expect(201);
        Self {
            nobody: server.nobody(),
            path: format!("/api/hooks/{}", text(&made["secret"])),
            _server: server,
        }
    }

    async fn post(&self, kind: Option<&str>, body: impl Into<Vec<u8>>) -> Answer {
        let request = self.nobody.request(Method::POST, &self.path);
        let request = match kind {
            Some(kind) => request.header(CONTENT_TYPE, kind),
            None => request,
        };
        answer(request.body(body.into())).await
    }
}

/// What each sender posts, and the message that comes of it; none where it has no text, and is told what to set.
#[expect(clippy::too_many_lines, reason = "a table")]
fn senders() -> Vec<(&'static str, Value, Option<&'static str>)> {
    vec![
        (
            "Slack, incoming webhook",
            json!({ "text": "Backup done", "channel": "#ops", "icon_emoji": ":tada:" }),
            Some("Backup done"),
        ),
        (
            "Slack, blocks beside a text",
            json!({
                "text": "Danny left a review",
                "blocks": [{ "type": "section", "text": { "type": "mrkdwn", "text": "*Danny*" } }]
            }),
            Some("*Danny*"),
        ),
        (
            "Slack, blocks of all kinds",
            json!({ "blocks": [
                { "type": "header", "text": { "type": "plain_text", "text": "Deployed" } },
                { "type": "section", "text": { "type": "mrkdwn", "text": "*api* is up" },
                  "accessory": { "type": "button", "text": { "type": "plain_text", "text": "Open" } } },
                { "type": "divider" },
                { "type": "section", "fields": [{ "type": "mrkdwn", "text": "*By*\nJane" }, { "type": "mrkdwn", "text": "*In*\n3 s" }] },
                { "type": "context", "elements": [
                    { "type": "image", "image_url": "https://example.org/a.png", "alt_text": "a" },
                    { "type": "mrkdwn", "text": "main" }, { "type": "plain_text", "text": "0d1a26e" }
                ] },
                { "type": "actions", "elements": [{ "type": "button", "text": { "type": "plain_text", "text": "Undo" } }] },
                { "type": "rich_text", "elements": [
                    { "type": "rich_text_section", "elements": [
                        { "type": "text", "text": "See " }, { "type": "link", "url": "https://example.org" },
                        { "type": "text", "text": " or " }, { "type": "link", "url": "https://example.net", "text": "this", "style": { "bold": true } }
                    ] },
                    { "type": "rich_text_list", "style": "bullet", "elements": [
                        { "type": "rich_text_section", "elements": [{ "type": "text", "text": "one" }] },
                        { "type": "rich_text_section", "elements": [{ "type": "text", "text": "two" }] }
                    ] }
                ] },
                { "type": "markdown", "text": "**done**" }
            ] }),
            Some(
                "Deployed\n*api* is up\n*By*\nJane\n*In*\n3 s\nmain 0d1a26e\nSee https://example.org or this\none\ntwo\n**done**",
            ),
        ),
        (
            "Slack, blocks in an attachment",
            json!({ "text": "Status", "attachments": [{ "color": "#f00", "blocks": [
                { "type": "section", "text": { "type": "mrkdwn", "text": "Disk full" } }
            ] }] }),
            Some("Status\nDisk full"),
        ),
        (
            "Slack, blocks without a text",
            json!({ "text": "Backup done", "blocks": [{ "type": "divider" }, { "type": "image", "alt_text": "x" }] }),
            Some("Backup done"),
        ),
        (
            "Uptime Kuma, as Slack",
            json!({ "text": "Uptime Kuma Alert", "channel": null, "username": "Kuma", "blocks": [
                { "type": "header", "text": { "type": "plain_text", "text": "Uptime Kuma Alert" } },
                { "type": "section", "fields": [{ "type": "mrkdwn", "text": "*Message*\nSite is down" }] }
            ] }),
            Some("Uptime Kuma Alert\n*Message*\nSite is down"),
        ),
        (
            "Netdata, as Rocket.Chat: numbers as values",
            json!({ "attachments": [{ "title": "CPU", "fields": [
                { "title": "Critical", "value": 0, "short": true }, { "title": "Load", "value": 1.85, "short": true },
                { "title": "Gone", "value": null, "short": true }
            ] }] }),
            Some("CPU\nCritical: 0\nLoad: 1.85"),
        ),
        (
            "Slack, attachments",
            json!({ "attachments": [{
                "fallback": "Ticket 1", "pretext": "New", "title": "Ticket 1", "text": "Help", "color": "#7CD197",
                "fields": [{ "title": "Priority", "value": "High", "short": false }], "ts": 123_456_789
            }] }),
            Some("New\nTicket 1\nHelp\nPriority: High"),
        ),
        (
            "Slack, a fallback alone",
            json!({ "attachments": [{ "fallback": "Ticket 1", "image_url": "https://example.org/a.png" }] }),
            Some("Ticket 1"),
        ),
        (
            "Mattermost",
            json!({ "text": "Hello", "username": "test", "props": { "card": "more" }, "priority": { "priority": "urgent" } }),
            Some("Hello"),
        ),
        (
            "Discord",
            json!({ "content": "Hello", "tts": false, "username": "x", "avatar_url": null }),
            Some("Hello"),
        ),
        (
            "Discord, embeds",
            json!({ "content": null, "embeds": [{
                "title": "Title", "description": "Text", "color": 65280, "author": { "name": "x" },
                "fields": [{ "name": "Size", "value": "1 GB", "inline": true }], "footer": { "text": "y" }
            }] }),
            Some("Title\nText\nSize: 1 GB"),
        ),
        (
            "Grafana, webhook",
            json!({
                "receiver": "tincan", "status": "firing", "orgId": 1, "version": "1", "groupKey": "{}:{}",
                "alerts": [{ "status": "firing", "labels": { "alertname": "Memory" }, "values": { "B": 44.2, "C": 1 } }],
                "title": "[FIRING:1] Memory", "state": "alerting", "message": "**Firing**\n\nValue: B=44.2"
            }),
            Some("[FIRING:1] Memory\n**Firing**\n\nValue: B=44.2"),
        ),
        (
            "Alertmanager, slack_configs",
            json!({ "channel": "#x", "username": "Alertmanager", "attachments": [{
                "title": "[FIRING:1] Down", "title_link": "http://alerts:9093", "text": "instance is down",
                "fallback": "[FIRING:1] Down | http://alerts:9093", "callback_id": "", "footer": "", "color": "danger",
                "mrkdwn_in": ["fallback", "pretext", "text"]
            }] }),
            Some("[FIRING:1] Down\ninstance is down"),
        ),
        (
            "Alertmanager, webhook_configs",
            json!({
                "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing", "receiver": "hook",
                "groupLabels": { "alertname": "Down" }, "commonAnnotations": { "summary": "down" },
                "alerts": [{ "status": "firing", "labels": { "alertname": "Down" }, "annotations": { "summary": "down" } }]
            }),
            None,
        ),
        (
            "Uptime Kuma",
            json!({
                "heartbeat": { "monitorID": 29, "status": 0, "msg": "connect ECONNREFUSED", "important": true },
                "monitor": { "id": 29, "name": "Site", "url": "https://example.org" },
                "msg": "[Site] [🔴 Down] connect ECONNREFUSED"
            }),
            Some("[Site] [🔴 Down] connect ECONNREFUSED"),
        ),
        (
            "Apprise, json://",
            json!({
                "version": "1.0", "title": "Backup", "message": "Done in 3 s", "type": "success",
                "attachments": [{ "filename": "log.txt", "base64": "aGk=", "mimetype": "text/plain" }]
            }),
            Some("Backup\nDone in 3 s"),
        ),
        (
            "what posts to an Apprise server",
            json!({ "title": "Backup", "body": "Done in 3 s", "type": "info", "format": "text", "tag": "all" }),
            Some("Backup\nDone in 3 s"),
        ),
        (
            "GitHub, push",
            json!({
                "ref": "refs/heads/main", "before": "6113728f", "after": "0d1a26e6",
                "repository": { "id": 1, "full_name": "octo/hello" }, "pusher": { "name": "octo" },
                "commits": [{ "id": "0d1a26e6", "message": "Fix it", "distinct": true }]
            }),
            None,
        ),
        (
            "Gitea, its own shape",
            json!({ "ref": "refs/heads/main", "compare_url": "", "commits": [{ "message": "Fix it" }], "total_commits": 1 }),
            None,
        ),
        (
            "Gitea, as Slack",
            json!({
                "channel": "#x", "text": "[octo/hello:main] 1 new commit pushed by octo", "username": "Gitea", "icon_url": "",
                "unfurl_links": 0, "link_names": 0,
                "attachments": [{ "fallback": "", "color": "#1e90ff", "title": "", "title_link": "", "text": "0d1a26e: Fix it", "fields": null }]
            }),
            Some("[octo/hello:main] 1 new commit pushed by octo\n0d1a26e: Fix it"),
        ),
        (
            "Home Assistant, notify.rest with POST_JSON",
            json!({ "message": "The washing is done", "title": "Home" }),
            Some("Home\nThe washing is done"),
        ),
        (
            "Healthchecks, a body of one’s own",
            json!({ "text": "backup is DOWN" }),
            Some("backup is DOWN"),
        ),
        (
            "Sonarr, webhook",
            json!({
                "eventType": "Download", "instanceName": "Sonarr", "isUpgrade": false,
                "series": { "id": 1, "title": "A series", "tvdbId": 1234 },
                "episodes": [{ "id": 123, "episodeNumber": 1, "seasonNumber": 1, "title": "Pilot" }]
            }),
            None,
        ),
        (
            "Sonarr, as Slack",
            json!({ "username": "Sonarr", "text": "Imported: A series - 1x01 - Pilot", "icon_emoji": "", "channel": null,
                    "attachments": [{ "fallback": "A series", "title": "A series", "text": "Pilot", "color": "good" }] }),
            Some("Imported: A series - 1x01 - Pilot\nA series\nPilot"),
        ),
        (
            "Sonarr, as Discord",
            json!({ "username": "Sonarr", "content": null, "embeds": [{ "title": "A series", "description": "Grabbed", "color": 5 }] }),
            Some("A series\nGrabbed"),
        ),
        (
            "Proxmox VE, a body of one’s own",
            json!({ "title": "Backup of pve", "message": "INFO: done", "severity": "info", "timestamp": 1_700_000_000 }),
            Some("Backup of pve\nINFO: done"),
        ),
    ]
}

#[tokio::test]
async fn what_each_sender_posts_is_taken_or_told_what_to_set() {
    let hook = Hook::new().await;
    for (sender, body, expected) in senders() {
        let answer = hook.post(Some("application/json"), body.to_string()).await;
        if let Some(expected) = expected {
            let posted = answer.expect(201);
            assert_eq!(posted["content"], expected, "{sender}");
            // Alertmanager takes anything else for a failure.
            assert_eq!(posted["ok"], true, "{sender}");
        } else {
            let refusal = answer.refused(422, "invalid");
            let reason = text(&refusal["errors"]["content"]);
            assert!(reason.contains("“text” or “content”"), "{sender}: {reason}");
        }
    }
}

/// Bodies by type (RFC 9110 §8.3), with the message that comes of them.
const TAKEN: &[(Option<&str>, &[u8], &str)] = &[
    (
        Some("application/x-www-form-urlencoded"),
        b"Backup done",
        "Backup done",
    ),
    (
        Some("application/x-www-form-urlencoded"),
        b"100% & more + 1",
        "100% & more + 1",
    ),
    (
        Some("application/x-www-form-urlencoded"),
        b"text=Backup+done%21&user=x",
        "Backup done!",
    ),
    (
        Some("application/x-www-form-urlencoded"),
        b"message=a%0Ab&title=",
        "a\nb",
    ),
    (
        Some("application/x-www-form-urlencoded"),
        b"payload=%7B%22text%22%3A%22Backup+done%22%7D",
        "Backup done",
    ),
    (None, b"Backup done", "Backup done"),
    (None, b"{\"text\":\"Backup done\"}", "Backup done"),
    (
        Some("application/octet-stream"),
        b"Backup done",
        "Backup done",
    ),
    (Some("text/plain"), b"{\"text\":\"x\"}", "{\"text\":\"x\"}"),
    (Some("text/markdown"), b"*Backup* done\n", "*Backup* done"),
    (
        Some("Text/Plain ; Charset=\"UTF-8\""),
        "Müll".as_bytes(),
        "Müll",
    ),
    (Some("text/plain; charset=us-ascii"), b"ok", "ok"),
    (Some("text/plain; charset=iso-8859-1"), b"M\xfcll", "Müll"),
    (
        Some("text/plain; format=flowed; charset=windows-1252"),
        b"5 \x80",
        "5 €",
    ),
    (Some("text/plain;charset=koi8-r"), b"\xf0\xd2\xc9", "При"),
    (Some("text/plain;charset=shift_jis"), b"\x82\xa0", "あ"),
    (Some("text/plain;charset=utf-16le"), b"h\0i\0", "hi"),
    (Some("text/plain"), b"\xef\xbb\xbfhi", "hi"),
    (Some("text/plain"), b"\xff\xfeh\0i\0", "hi"),
    (Some("text/plain"), b"\xfe\xff\0h\0i", "hi"),
    (
        Some("application/json; charset=utf-8"),
        b"\xef\xbb\xbf{\"text\":\"hi\"}",
        "hi",
    ),
    (
        Some("application/json; charset=iso-8859-1"),
        b"{\"text\":\"M\xfcll\"}",
        "Müll",
    ),
    (
        Some("application/cloudevents+json"),
        b"{\"content\":\"hi\"}",
        "hi",
    ),
    (
        Some("application/json"),
        b"{\"content\":\"hi\",\"value\":1e999}",
        "hi",
    ),
    (
        Some("application/json"),
        b"{\"x\":\"\\ud83d\",\"text\":\"hi\"}",
        "hi",
    ),
    (
        Some("application/json"),
        b"{\"text\":{\"a\":[1e999]},\"message\":\"hi\"}",
        "hi",
    ),
    (
        Some("application/json"),
        b"{\"text\":5,\"title\":true,\"content\":\"hi\"}",
        "hi",
    ),
    (
        Some("application/json"),
        b"{\"message\":\"hi\",\"attachments\":\"none\",\"embeds\":{},\"blocks\":7}",
        "hi",
    ),
    (
        Some("application/json"),
        b"{\"message\":\"hi\",\"attachments\":[\"a.png\",null,{\"title\":\"T\",\"fields\":{\"a\":1}}]}",
        "hi\nT",
    ),
    (
        Some("application/json"),
        b"{\"content\":\"\",\"text\":\"\\u200b\",\"title\":\"\\u2800\",\"message\":\"hi\"}",
        "hi",
    ),
    (
        Some("text/json; charset=utf-8"),
        b"{\"text\":\"hi\"}",
        "hi",
    ),
    (
        Some("application/json; profile=\"a;charset=klingon\""),
        b"{\"text\":\"hi\"}",
        "hi",
    ),
    (
        Some("application/x-www-form-urlencoded; charset=iso-8859-1"),
        b"text=M%FCll+weg",
        "M\u{fc}ll weg",
    ),
];

#[tokio::test]
async fn a_message_is_taken_in_whatever_type_and_charset_it_comes() {
    // One hook may not post that much at once.
    for rows in TAKEN.chunks(20) {
        let hook = Hook::new().await;
        for (kind, body, expected) in rows {
            let posted = hook.post(*kind, *body).await.expect(201);
            assert_eq!(posted["content"], *expected, "{kind:?} {body:?}");
        }
    }
}

/// A type and a body that can’t be read, with the status, the code, and a word of the sentence that says why.
type Refused = (
    Option<&'static str>,
    &'static [u8],
    u16,
    &'static str,
    &'static str,
);
const REFUSED: &[Refused] = &[
    (
        Some("multipart/form-data"),
        b"--x--",
        415,
        "unsupported_media_type",
        "boundary",
    ),
    (
        Some("multipart/form-data; boundary=x"),
        b"--x--",
        422,
        "invalid",
        "Enter a message",
    ),
    (
        Some("application/xml"),
        b"<a/>",
        415,
        "unsupported_media_type",
        "application/json",
    ),
    (
        Some("text/html"),
        b"<b>hi</b>",
        415,
        "unsupported_media_type",
        "text/plain",
    ),
    (
        Some("text/plain; charset=klingon"),
        b"hi",
        415,
        "unsupported_media_type",
        "UTF-8",
    ),
    (Some("text/plain"), b"M\xfcll", 400, "malformed", "UTF-8"),
    (
        Some("text/plain; charset=shift_jis"),
        b"\x82",
        400,
        "malformed",
        "charset",
    ),
    (
        Some("application/json"),
        b"M\xfcll",
        400,
        "malformed",
        "UTF-8",
    ),
    // As Shoutrrr sends it unless it is told otherwise.
    (
        Some("application/json"),
        b"Backup done",
        400,
        "malformed",
        "text/plain",
    ),
    (Some("application/json"), b"", 400, "malformed", "JSON"),
    (
        Some("application/json"),
        b"[{\"text\":\"x\"}]",
        400,
        "malformed",
        "object",
    ),
    (
        Some("application/json"),
        b"{\"content\":\"\\ud83d\"}",
        400,
        "malformed",
        "halves",
    ),
    (
        Some("application/json"),
        b"{\"text\":\"\"}",
        422,
        "invalid",
        "docs/webhooks.md",
    ),
    (
        Some("application/x-www-form-urlencoded"),
        b"payload=x",
        400,
        "malformed",
        "JSON",
    ),
    (None, b"", 422, "invalid", "Enter a message"),
    (
        Some("application/x-www-form-urlencoded"),
        b"text=M%FCll",
        400,
        "malformed",
        "UTF-8",
    ),
];

#[tokio::test]
async fn what_can_t_be_read_is_told_why() {
    let hook = Hook::new().await;
    for &(kind, body, status, code, word) in REFUSED {
        let refusal = hook.post(kind, body).await.refused(status, code);
        assert!(
            text(&refusal["message"]).contains(word),
            "{kind:?}: {refusal}"
        );
    }
}
