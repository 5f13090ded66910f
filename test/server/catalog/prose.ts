/** Prose to search: short pages about a harbour town, written for these tests. */
export interface ProsePage {
  readonly title: string;
  readonly body: string;
}

export const PROSE: readonly ProsePage[] = [
  {
    title: 'The harbour at dawn',
    body: 'Before the sun is up, the fishing boats are already coming home. Gulls circle above them, loud and hungry, and the harbour master counts the boats as they pass the old lighthouse. He has counted them for thirty-one years, and he has never once been late.',
  },
  {
    title: 'How the lighthouse was built',
    body: 'The lighthouse was built in 1847 by masons who lived on the rock for three summers. Each stone was cut on the mainland, numbered, and carried over by boat. When a storm took the scaffolding in the second summer, they built another, stronger one, and went on.',
  },
  {
    title: 'Keeping the light',
    body: 'A keeper climbed the 163 steps four times a night to wind the clockwork and to trim the lamp. Today the light keeps itself: a sensor turns it on at dusk. The steps are still there, and visitors climb them on Sundays, resting on every landing.',
  },
  {
    title: 'Ropes and knots',
    body: 'Every child in the town learns five knots before learning to read. The bowline holds, the clove hitch is quick, and the sheet bend joins two ropes of different thickness. Knots that are tied badly come loose at the worst of times, say the old sailors.',
  },
  {
    title: 'The market on Thursdays',
    body: 'On Thursdays the market fills the square with stalls: cheese, wool, honey, second-hand books, and fish that was swimming at night. Prices are written in chalk and rubbed out again by noon, when everything that is left is sold for half.',
  },
  {
    title: 'Bread of the town',
    body: 'The baker bakes three kinds of bread: a dark loaf with caraway, a white loaf with a cross on it, and flat bread that keeps for weeks and that the sailors took along. The oven has not been cold since the bakery opened, or so the baker claims.',
  },
  {
    title: 'A library in a boat-house',
    body: 'When the school needed its rooms, the library moved into an empty boat-house. The shelves follow the curve of the walls, and the reading lamps are ship lamps. Books about the sea stand nearest to the door; nobody remembers who decided that, but nobody would change it.',
  },
  {
    title: 'Borrowing books',
    body: 'Anyone may borrow books, five at a time, for four weeks. Whoever brings a book back late reads a page of it aloud to whoever is in the library: that has worked better than any fine. Children may borrow as many books as they can carry.',
  },
  {
    title: 'Storms of the last century',
    body: 'The worst storm came in January 1953. Waves broke over the harbour wall, eleven boats were lost, and the sea stood in the market square. Since then the wall has been raised twice, and sirens tell the town when a storm is near.',
  },
  {
    title: 'Reading the weather',
    body: 'Red sky at night promises a calm day; a ring around the moon promises rain. The weather station on the hill measures wind, rain and pressure every ten minutes, and its forecasts are better than the sayings. People still quote the sayings, and plan by the forecasts.',
  },
  {
    title: 'The hill path',
    body: 'A path leads from the church over the hill to the next bay. It is steep at first, then it runs along the cliff, and there are benches where the view is best. In spring the gorse is in flower and the path smells of coconut. Allow two hours, and keep dogs on the lead.',
  },
  {
    title: 'Birds of the cliff',
    body: 'Puffins nest on the cliff from April to July; kittiwakes and razorbills stay a little longer. Please keep to the path while the birds are nesting, and do not feed the gulls, which need no encouragement. Binoculars can be borrowed at the library.',
  },
  {
    title: 'Sailing lessons',
    body: 'Lessons begin in May, when the water is warm enough to fall into. Beginners learn to rig a small boat, to steer, and to right it when it has tipped over. By August most of them sail across the bay and back, with an instructor close by.',
  },
  {
    title: 'Rules of the harbour',
    body: 'Boats under sail give way to nobody but the ferry. Speed in the harbour is four knots at most. Engines are not run at night except by fishing boats. Rubbish goes ashore. The harbour master decides where a boat is moored, and decides disputes, too.',
  },
  {
    title: 'The ferry',
    body: 'The ferry leaves on the hour, from six in the morning until ten at night, and takes twenty-five minutes to the island. Bicycles travel free. In a storm the ferry stays in the harbour: a flag on the lighthouse, or a notice on the web-site, tells you so.',
  },
  {
    title: 'An island without cars',
    body: 'There are no cars on the island. Everything that is heavy goes by handcart, or by the one horse that belongs to all. Visitors find it quiet for an hour, and strange for a day; after a week most of them wonder what the noise at home is for.',
  },
  {
    title: 'Wool and weaving',
    body: 'The sheep of the island have long, coarse, grey wool, which makes sweaters that keep the rain out. Weavers work in the old net-loft, six looms side by side, and sell what they weave downstairs. A blanket takes a week; a tapestry, all winter.',
  },
  {
    title: 'Mending nets',
    body: 'A torn net loses fish, and a net badly mended loses more. Menders sit on the quay with a wooden needle and a gauge, and their hands move quicker than one can follow. A good mender mends a metre in ten minutes, and talks all the while.',
  },
  {
    title: 'The museum of small things',
    body: 'The museum keeps what others throw away: buttons, tickets, keys without locks, letters that never arrived. Each thing has a card that tells where it was found. It is the smallest museum on the coast, and visitors stay in it longest.',
  },
  {
    title: 'Letters that never arrived',
    body: 'In 1911 a mail boat sank within sight of the harbour. Nobody was hurt, but nine sacks of letters were lost. Two of the sacks were found by divers in 1988; the letters, dried page by page, can be read in the museum. Some were delivered, seventy-seven years late.',
  },
  {
    title: 'Soup for a cold day',
    body: 'Fry an onion, add potatoes, leek and a bay leaf, and cover them with fish stock. When the potatoes are soft, add smoked haddock and milk, and let it stand, not boil. Eat it with dark bread. It is better on the second day, if there is any left.',
  },
  {
    title: 'Gardens behind walls',
    body: 'Wind and salt would kill most plants, so gardens here have walls, and everything in them leans away from the sea. Beans, kale and potatoes grow well; roses need courage. Seaweed from the beach is dug into the beds every autumn, and the plants love it.',
  },
  {
    title: 'The school by the sea',
    body: 'Sixty-two children go to the school by the sea. They learn what all children learn, and sailing, swimming and first aid besides. On the wall of the hall are the names of everyone who ever went to it; the youngest can find their great-grandmothers.',
  },
  {
    title: 'Festival of lamps',
    body: 'On the longest night of the year every house puts a lamp into its window, every boat hangs one from its mast, and the lighthouse is dark for an hour. Then it is lit again, and there is soup, and music, until the lamps have burned down.',
  },
];
