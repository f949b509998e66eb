// The sound of a message: two soft tones, as from a tapped glass.

const LOUDNESS = 0.12;
const LENGTH_S = 0.5;
const TONES = [{ frequency: 587, start: 0 }, { frequency: 880, start: 0.12 }];

export function playSound() {
  const context = new AudioContext();
  for (const { frequency, start } of TONES) {
    const begin = context.currentTime + start;
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(LOUDNESS, begin + 0.01);
    gain.gain.exponentialRampToValueAtTime(0.001, begin + LENGTH_S);
    const tone = new OscillatorNode(context, { frequency });
    tone.connect(gain).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + LENGTH_S);
  }
  // Browsers have few to give.
  setTimeout(() => context.close(), 2_000);
}
