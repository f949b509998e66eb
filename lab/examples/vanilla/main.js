// The lab has the client at `/dev/client.js`. Where the page isn’t the lab’s own, `?server=` says which lab; `?transport=` chooses one.
const { server = '', transport } = Object.fromEntries(new URLSearchParams(location.search));
const { Tincan, merge } = await import(/* @vite-ignore */ `${server}/dev/client.js`);

const tincan = new Tincan(server, { token: sessionStorage.token });
const [signInForm, main, list, log, sendForm, status] = ['#sign-in', 'main', 'nav', '[role=log]', '#send', '[role=status]'].map((selector) => document.querySelector(selector));
let conversations = [];
let messages = [];
let open;

function render() {
  list.replaceChildren(...conversations.map((conversation) => {
    const button = document.createElement('button');
    button.textContent = conversation.name ?? conversation.otherParticipant.username;
    button.onclick = async () => {
      open = conversation.id;
      messages = (await tincan.messages(open)).reverse();
      render();
    };
    return button;
  }));
  log.replaceChildren(...messages.map(({ author, content }) => {
    const item = document.createElement('li');
    item.textContent = author ? `${author.username}: ${content}` : content;
    return item;
  }));
  sendForm.hidden = !open;
}

async function load() {
  conversations = await tincan.conversations();
  messages = open ? (await tincan.messages(open)).reverse() : [];
  render();
}

async function event({ event, data }) {
  if (['message', 'sent', 'update'].includes(event) && data.conversationId === open) messages = merge(messages, data);
  if (['message', 'sent', 'conversation'].includes(event)) conversations = await tincan.conversations();
  render();
}

function follow() {
  signInForm.hidden = true;
  main.hidden = false;
  tincan.feed({
    load, event,
    state: (state, by) => {
      status.textContent = `${state} ${by}`;
      if (state === 'signed-out') start();
    },
    ...(transport && { transports: [transport] }),
  });
}

function start() {
  open = undefined;
  signInForm.hidden = false;
  main.hidden = true;
}

signInForm.onsubmit = async (submit) => {
  submit.preventDefault();
  sessionStorage.token = (await tincan.signIn(signInForm.username.value)).token;
  follow();
};
sendForm.onsubmit = async (submit) => {
  submit.preventDefault();
  const { value } = sendForm.content;
  sendForm.reset();
  await tincan.send(open, value);
};
if (tincan.token) follow();
else start();
