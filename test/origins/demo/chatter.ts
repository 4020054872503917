/** Somebody who comments, and what they say. */
export interface Remark {
  readonly author: string;
  readonly text: string;
}

const AUTHORS = [
  'Jory',
  'Anwen Lloyd',
  'Mrs Trevose',
  'Piotr',
  'Zoë',
  'Sennen',
  'Łucja',
  'Dr Bell',
  'Kit',
  'María José',
  'Old Tom',
  'Yuki 由紀',
  "Aoife O'Dea",
  'Bas',
  'Demelza',
] as const;

const REMARKS = [
  'We will be there, all five of us. The dog will stay at home, under protest.',
  'What happens if it rains?\n\nAsking for somebody who has said that they do not mind rain, and who does.',
  'I counted limpets on the slip this morning to get my hand in. 212. I may have counted one twice; it moved.',
  'Is there somewhere to leave a pram?',
  'My square last time had nothing in it but one very cross shrimp. Best day of the year.',
  'From the other end of the country: 14 beadlets, 2 crabs, and a boot with a fish in it.',
  'Could the seven-year-old and the eighty-one-year-old please be given a square each this year? They fell out.',
  'Thank you for saying "no bucket". Every year I want to say it, and every year I bring a bucket.',
  'There is a bus at 10:12 from the square, if the driver is Pat. If it is not Pat there is a bus at 10:40.',
  'I have a spare pair of boots, size 43, one of which leaks. Free to a good home.',
  'Does a hermit crab count as one animal, or as one and a house?',
  'Put me down for the far end. I know where the urchins are, and I am not going to say it here.',
  'The tide table says 13:07, and my grandfather says 13:10. He has been right since 1961.',
  'We came in 2007 and have talked about it ever since. This time we bring the children, who think we made it up.',
  'I cannot come, so here is my own shore: kelp, kelp, a bottle, kelp, and something that looked back.',
  'How does one tell a dog whelk from a sting winkle? I ask because I have told a whole class the wrong thing.',
  'Will the bell be the real one or the one on the pole?',
  'Last night the water was so clear off the pier that I could read the name on an anchor. It was not a name one can print.',
  'Bring a flask. Bring two. Tomas will have forgotten his.',
  'Reserved a room, bought socks, told the office I have a thing. I have never been so ready for a square of mud.',
  'See https://example.org/tides/penhallow for the wind on the day; it looks kind so far.',
  'A question for Idris: the pale ones under the ledge, with stripes? They shut when I look at them.',
] as const;

/** What is said under any other piece. */
const PRAISE = [
  'I read this aloud at breakfast, and now nobody wants breakfast.',
  'We have one of these at the end of our road. It has views on dogs.',
  'More drawings, please. The children have coloured in all of these.',
  'I had walked past it for thirty years and never once knelt down. Thank you.',
  'My mother called them something else, which I shall not write here.',
  'Is this the ledge under the iron ring, or the one beyond it?',
  'This is the only thing I read to the end this week.',
  'I was there that day! I was the person in the yellow hat, holding the wrong end of the line.',
  'A small correction from a retired harbour master: eleven and a half minutes.',
  'Printed, pinned above the sink, already wet.',
  'Could you do whelks next? Nobody ever does whelks.',
] as const;

const ANSWERS = [
  'Seconded, by all of us at number nine.',
  'I shall ask Oona, who will know, and put the answer here.',
  'Same here. Shall we walk down together?',
  'There is, by the anchor, and there is usually tea.',
  'I have seen this with my own eyes and would say so in court.',
  'Thank you, that is exactly what I came to ask.',
  'It depends on the wind, but then what does not.',
  'Not at our end of the beach, I am glad to say.',
] as const;

const CLOSINGS = [
  '',
  'See you on the slip.',
  'Low water cannot come soon enough.',
  'With best wishes from a wet porch.',
  'I will bring cake.',
  'Mind the step.',
  'Written with one glove on.',
  'More when the rain stops.',
] as const;

/** The n-th remark under the announcement; the same for the same n. */
export function remark(n: number): Remark {
  return said(REMARKS, n);
}

/** The n-th remark under any other piece. */
export function praise(n: number): Remark {
  return said(PRAISE, n);
}

/** The n-th answer to a remark. */
export function answer(n: number): Remark {
  return said(ANSWERS, n);
}

function said(texts: readonly string[], n: number): Remark {
  const round = Math.floor(n / texts.length);
  const author = AUTHORS[(n * 7 + round) % AUTHORS.length] ?? '';
  return { author, text: `${texts[n % texts.length]} ${CLOSINGS[round % CLOSINGS.length]}`.trim() };
}
