// What somebody writes who has a client in TypeScript: each union is narrowed to its members, and forgetting one is an
// error of the compiler.

import type {
  Conversation,
  ConversationOrRemoved,
  ErrorCode,
  Message,
  Operations,
  SocketAnswer,
  SocketRequest,
  StreamEvent,
  SystemKind,
} from "./tincan.d.ts";

function never(value: never): never {
  throw new Error(`not in the contract: ${JSON.stringify(value)}`);
}

/** Asks for one operation: its path, query and body are those that it takes, and the answer is the one that it has. */
declare function ask<Id extends keyof Operations>(
  id: Id,
  request: Omit<Operations[Id], "method" | "answers" | "error">,
): Promise<Operations[Id]["answers"][keyof Operations[Id]["answers"]]>;

export function title(conversation: Conversation): string {
  switch (conversation.kind) {
    case "direct":
      return conversation.otherParticipant.username;
    case "room":
      return conversation.role === null ? `${conversation.name} (not joined)` : conversation.name;
    default:
      return never(conversation);
  }
}

function told(kind: SystemKind): string {
  switch (kind) {
    case "created":
    case "joined":
    case "left":
    case "added":
    case "removed":
    case "renamed":
    case "opened":
    case "closed":
    case "pictureChanged":
    case "pictureRemoved":
    case "owner":
      return kind;
    default:
      return never(kind);
  }
}

export function line(message: Message): string {
  if ("system" in message) {
    const { subject, actor = subject, system, roomName = "", followed = false } = message;
    return `${actor.username}: ${told(system)} ${roomName} ${subject.username}${followed ? ", who followed" : ""}`;
  }
  return `${message.author.username}: ${message.content}`;
}

function changed(conversation: ConversationOrRemoved): string {
  return "removed" in conversation ? `left ${conversation.id}` : title(conversation);
}

export function show(event: StreamEvent): string {
  switch (event.event) {
    case "hello":
      return `${event.data.user.username} at ${event.id}, a sign of life every ${event.data.heartbeat} s`;
    case "message":
    case "sent":
    case "update":
      return line(event.data);
    case "conversation":
      return changed(event.data);
    case "read":
      return `${event.data.userId} up to ${event.data.upTo.toFixed()}`;
    case "user":
      return event.data.deleted ? "gone for good" : (event.data.displayName ?? event.data.username);
    case "block":
      return `${event.data.user.username} is ${event.data.blocked ? "" : "not "}blocked`;
    case "room_request":
      return event.data.request === null ? "no longer asked" : `${event.data.request.askedBy.username} asks`;
    case "saved":
      return `${event.data.messageId} is ${event.data.savedAt === null ? "not " : ""}saved`;
    case "draft":
      return `${event.data.content} on ${event.data.device}`;
    case "typing":
      return event.data.userId;
    case "presence":
      return event.data.online ? "here" : "gone";
    case "notice":
      return event.data.id;
    case "caught_up":
      return event.data.cursor;
    case "reset":
    case "bye":
      return event.data.reason;
    default:
      return never(event);
  }
}

export function settle(answer: SocketAnswer): ErrorCode | string {
  switch (answer.event) {
    case "ack":
      return "op" in answer.data ? answer.data.op : line(answer.data);
    case "error":
      return answer.data.errors?.["content"] ?? answer.data.code;
    default:
      return never(answer);
  }
}

export async function use(): Promise<void> {
  const body: Operations["send"]["body"] = { content: "Are you at home?" };
  const sent = await ask("send", { path: "/api/conversations/{id}/messages", parameters: { path: { id: "7" } }, body });
  line(sent);
  // Nothing that may be left out has to be there.
  const invite: Operations["createInvite"]["body"] = {};
  const made = await ask("createInvite", { path: "/api/invites", body: invite });
  made.link.startsWith("https://");
  const room: Operations["startConversation"]["body"] = { name: "Kitchen" };
  const direct: Operations["startConversation"]["body"] = { username: "jane" };
  for (const start of [room, direct]) {
    const started = await ask("startConversation", { path: "/api/conversations", body: start });
    if (started !== undefined) title(started);
  }
  const page = await ask("history", {
    path: "/api/conversations/{id}/messages",
    parameters: { path: { id: "7" }, query: { limit: 100, order: "top" } },
  });
  page.map(line);
}

export function called(message: Message): string {
  if ("system" in message) return "";
  const { content, mentions = [], replyTo } = message;
  const names = mentions.map(({ start, end, user }) => user?.username ?? content.slice(start, end));
  return [...names, replyTo?.author?.username ?? "", replyTo?.excerpt ?? ""].join(" ");
}

export const level: Operations["updateConversationSettings"]["body"] = { notificationLevel: "mentions" };

export const requests: SocketRequest[] = [
  { op: "send", conversationId: "7", content: "Yes", clientId: "1", replyTo: "42" },
  { op: "read", conversationId: "7" },
  { op: "typing", conversationId: "7" },
];

export function excuse(code: Operations["send"]["error"]): string {
  // @ts-expect-error: no operation is refused by a code that is not its own.
  if (code === "bad_invite") return "?";
  return code === "client_id_reused" ? "sent before" : code;
}

export const files: Operations["send"]["body"] = { attachments: ["17"] };
// @ts-expect-error: an edit needs a content.
export const empty: Operations["edit"]["body"] = {};
// @ts-expect-error: an emoji has no other name.
export const react: Operations["react"]["parameters"] = { path: { id: "1", smiley: "👍" } };

/** What a browser takes and gives is what the server gives and takes. */
export async function addPasskey(options: Operations["beginPasskey"]["answers"][200]): Promise<Operations["addPasskey"]["body"]> {
  const taken: PublicKeyCredentialCreationOptionsJSON = options;
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(taken);
  const created = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  return { name: "Phone", credential: created.toJSON() as RegistrationResponseJSON & { type: "public-key" } };
}

export async function usePasskey(
  options: Operations["passkeySignInOptions"]["answers"][200],
): Promise<Operations["passkeySignIn"]["body"]> {
  const taken: PublicKeyCredentialRequestOptionsJSON = options;
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(taken);
  const used = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  return used.toJSON() as AuthenticationResponseJSON & { type: "public-key" };
}
