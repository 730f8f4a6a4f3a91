/**
 * Passwords that are guessed first. No list can be whole; this one has what public lists of stolen passwords begin with (of at least
 * eight characters: shorter ones are refused for their length), runs of the keyboard and of the alphabet, and our own names.
 */

/** Below this a password can be guessed in the time that an installation lives. */
export const MIN_PASSWORD = 8;

const COMMON = new Set(
  `password passw0rd p@ssw0rd p@ssword pa$$word password1 password12 password123 password1234 password! passw0rd1 passw0rd!
  p@ssw0rd1 p@ssw0rd123 password1! mypassword newpassword oldpassword yourpassword passwordpassword changeme changeme1
  changeme123 changeit changethis change_me letmein1 letmein123 letmeinnow welcome1 welcome12 welcome123 welcome1! trustno1
  iloveyou iloveyou1 iloveyou2 ilovegod iloveu123 sunshine sunshine1 princess princess1 football football1 baseball baseball1
  basketball superman superman1 batman123 starwars starwars1 whatever whatever1 computer computer1 internet samsung1 michelle
  jennifer jessica1 charlie1 ashley123 michael1 jordan23 liverpool liverpool1 chelsea1 barcelona arsenal1 dragon123 monkey123
  master123 shadow123 killer123 hunter123 hello123 helloworld freedom1 blink182 metallica slipknot mustang1 corvette mercedes
  victoria elizabeth alexander samantha danielle jonathan nicholas christian patricia benjamin cristina fernando november december
  september qwerty123 qwerty12 qwerty1234 qwerty12345 qwertyui qwertyuiop qwert123 qwe123qwe 1q2w3e4r 1q2w3e4r5t 1qaz2wsx zaq12wsx
  zaq1zaq1 q1w2e3r4 q1w2e3r4t5 asdfghjk asdfghjkl asdf1234 asdfasdf zxcvbnm1 zxcvbnm123 qazwsxedc qazwsx123 abc12345 abcd1234
  abc123456 abcabc123 a1b2c3d4 a1234567 a12345678 a123456789 aa123456 aa12345678 123456a1 12345678a 123456789a 123qweasd 123qwe123
  12qwaszx 1234qwer 123abc123 111222333 11223344 112233445566 12341234 123123123 12121212 13131313 1231231234 123654789 147258369
  159357258 741852963 789456123 987654321a woaini1314 woaini520 woaini521 5201314520 520520520 13145200 1314520520 88888888a
  admin123 admin1234 admin12345 admin123456 adminadmin administrator admin@123 admin888 admin_123 root1234 root12345 rootroot
  rootpassword toor1234 superuser supervisor default1 guest123 guestguest user1234 useruser test1234 test12345 testtest tester123
  testing123 demo1234 demodemo secret123 secretsecret topsecret mysecret temp1234 temppass system123 manager1 oracle123 mysql123
  postgres postgres1 redis123 tomcat123 jenkins1 server123 operator service1 company1 business
  bida1234 bidabida bidaadmin bida-admin callback callback1 callback123 callcenter callcenter123 kkbida123 kkbidaadmin keking123 kekingcn`.split(
    /\s+/,
  ),
);

/** Rows of keyboards, the alphabet and the digits, to and fro, twice round. */
const RUNS = ["01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm"].flatMap(
  (run) => [run, [...run].reverse().join("")],
);

/** Why a password protects nothing, no matter who may reach it: blank, or one character again and again. Null where it is neither. */
export function isNoPassword(password: string): string | null {
  if (password.trim() === "") return "must not be blank";
  return new Set(password).size === 1 && [...password].length > 1
    ? "must not be one character again and again"
    : null;
}

/** Whether it is among those that are guessed first; case and width do not matter. */
export function isCommon(password: string): boolean {
  const plain = password.normalize("NFKC").toLowerCase();
  return COMMON.has(plain) || RUNS.some((run) => plain.length >= 4 && run.includes(plain));
}

/** What is wrong with a password that strangers may try; null where nothing is. */
export function weaknessOf(password: string): string | null {
  const none = isNoPassword(password);
  if (none) return none;
  if ([...password].length < MIN_PASSWORD) return `must have at least ${MIN_PASSWORD} characters`;
  return isCommon(password) ? "is one of those that are guessed first" : null;
}
