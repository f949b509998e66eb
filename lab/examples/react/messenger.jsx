import { useCallback, useEffect, useRef, useState } from 'react';
import { Tincan, merge } from 'tincan-client';

// Where the page isn’t the lab’s own and there is no proxy, `?server=` says which lab; `?transport=` chooses one.
export function Messenger({ server, transport }) {
  const [tincan] = useState(() => new Tincan(server, { token: sessionStorage.token }));
  const [isSignedIn, setSignedIn] = useState(tincan.token !== '');
  const [status, setStatus] = useState('');
  const [conversations, setConversations] = useState([]);
  const [messages, setMessages] = useState([]);
  const [open, setOpen] = useState();
  // What the feed has to know at any time.
  const shown = useRef();

  const show = useCallback(async (id) => {
    shown.current = id;
    setOpen(id);
    setMessages(id ? (await tincan.messages(id)).reverse() : []);
  }, [tincan]);

  useEffect(() => {
    if (!isSignedIn) return undefined;
    const feed = tincan.feed({
      load: async () => {
        setConversations(await tincan.conversations());
        await show(shown.current);
      },
      event: async ({ event, data }) => {
        if (['message', 'sent', 'update'].includes(event) && data.conversationId === shown.current) setMessages((now) => merge(now, data));
        if (['message', 'sent', 'conversation'].includes(event)) setConversations(await tincan.conversations());
      },
      state: (state, by) => {
        setStatus(`${state} ${by}`);
        if (state === 'signed-out') setSignedIn(false);
      },
      ...(transport && { transports: [transport] }),
    });
    return () => feed.close();
  }, [isSignedIn, show, transport, tincan]);

  async function signIn(form) {
    sessionStorage.token = (await tincan.signIn(form.get('username'))).token;
    show(undefined);
    setSignedIn(true);
  }

  if (!isSignedIn) {
    return (
      <form action={signIn}>
        <label>Name <input name="username" required /></label>
        <button type="submit">Sign in</button>
      </form>
    );
  }
  return (
    <main>
      <nav>
        {conversations.map(({ id, name, otherParticipant }) => (
          <button key={id} type="button" onClick={() => show(id)}>{name ?? otherParticipant.username}</button>
        ))}
      </nav>
      <ol role="log">
        {messages.map(({ id, author, content }) => <li key={id}>{author ? `${author.username}: ${content}` : content}</li>)}
      </ol>
      {open && (
        <form action={async (form) => { await tincan.send(open, form.get('content')); }}>
          <label>Message <input name="content" autoComplete="off" required /></label>
          <button type="submit">Send</button>
        </form>
      )}
      <p role="status">{status}</p>
    </main>
  );
}
