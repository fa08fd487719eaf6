//! The page of the functions of Helm's templates: their parameters from the registry, and what each does.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aqueduct_helm::functions::ALL;
use aqueduct_helm::template::Asks;

/// Returns the page.
///
/// # Panics
/// A function is not described, or what is described is no function.
pub(crate) fn helm_functions() -> String {
    let mut about: BTreeMap<&str, &str> = ABOUT.iter().copied().collect();
    let mut text = String::from(INTRODUCTION);
    for function in ALL {
        let mut parameters: Vec<String> =
            function.parameters.iter().map(|kind| format!("`{}`", kind.name())).collect();
        if let Some(rest) = function.variadic {
            parameters.push(format!("`...{}`", rest.name()));
        }
        let name = function.name;
        let does = about.remove(name).map(str::to_owned);
        let does = does.or_else(|| Some(format!("Like `{}`.", twin(name)?)));
        assert!(does.is_some(), "what does `{name}` do?");
        let does = does.unwrap_or_default();
        let host = if function.asks == Asks::Always { "yes" } else { "" };
        let _ = writeln!(text, "| `{name}` | {} | {does} | {host} |", parameters.join(", "));
    }
    assert!(about.is_empty(), "these are no functions: {about:?}");
    text
}

/// Returns the function that does the same without `must` in its name.
fn twin(name: &str) -> Option<&'static str> {
    let is_twin =
        |other: &&str| name.strip_prefix("must").is_some_and(|rest| rest.eq_ignore_ascii_case(other));
    ALL.iter().map(|function| function.name).find(is_twin)
}

const INTRODUCTION: &str = r"# The functions of Helm's templates

A chart's templates can call everything that Helm 4.3.2 offers: Go's own functions of `text/template`, sprig 3.3, and
Helm's additions. They behave as those do, down to the texts of the errors:

- Texts are bytes. `trunc` and `substr` count bytes and may cut a letter in two.
- Numbers keep their Go kind: `add` returns an `int64`, `int` an `int`, and every number of `values.yaml` is a `float64`.
- `set`, `unset`, `merge` and `mergeOverwrite` change the map that they are given, for everyone who holds it.
- A function whose name begins with `must` fails where its twin panics in Go; a template reports both alike.
- Regular expressions are Go's: `\d`, `\w` and `\b` mean ASCII, and there is no look-ahead.
- `fromToml` reads TOML 1.1 strictly: a table that is defined twice (`a.b = 1` and then `[a]`, or a key added to an inline
  table) is an error, where Helm merges the two or drops one. A few errors (bad digits of `\u`, a lone carriage return) are
  worded differently from Helm's.

`include`, `tpl`, `required`, `fail` and `lookup` belong to the engine. `env` and `expandenv` do not exist, as in Helm.

A function that **asks the host** gives another result each time: it reads the clock, needs randomness or asks a name
server. `aqueduct helm template` answers as Helm does. A render of a platform has to give the same each time: where an object
depends on the answer, it ends in an error that names the field, the line and how to give the value another way. `date`, `dateInZone`, `htmlDate`,
`htmlDateInZone` and `durationRound` ask for the clock only where they are given no date.

Where Go would fill the memory, a limit holds: a text of 256 MiB, a list of 10 million numbers, a value 1000 levels deep.

`AQUEDUCT_UPDATE=1 cargo test --test fresh` writes this page.

| function | parameters | what it does | asks the host |
|---|---|---|---|
";

/// What each function does; a twin that only adds `must` to a name is left out.
#[rustfmt::skip]
const ABOUT: &[(&str, &str)] = &[
    ("abbrev", "Shortens a text to a number of characters, `...` at its end included."),
    ("abbrevboth", "Shortens a text at both ends: from an offset on, to a number of characters."),
    ("add", "Adds integers."),
    ("add1", "Adds 1 to an integer."),
    ("add1f", "Adds 1 to a decimal number."),
    ("addf", "Adds decimal numbers."),
    ("adler32sum", "Returns the Adler-32 checksum of a text as a decimal number."),
    ("ago", "Returns how long ago a date was, in whole seconds."),
    ("all", "Tells whether no argument is empty."),
    ("any", "Tells whether any argument is not empty."),
    ("append", "Returns a list with an item added at its end."),
    ("atoi", "Reads an integer; 0 where the text is none."),
    ("b32dec", "Decodes Base32."),
    ("b32enc", "Encodes a text as Base32."),
    ("b64dec", "Decodes Base64."),
    ("b64enc", "Encodes a text as Base64."),
    ("base", "Returns the last part of a path."),
    ("bcrypt", "Hashes a password with bcrypt."),
    ("biggest", "Like `max`."),
    ("buildCustomCert", "Makes a certificate of a certificate and a key, both as Base64 of PEM."),
    ("camelcase", "Turns `some_words` into `SomeWords`."),
    ("cat", "Joins its arguments with spaces."),
    ("ceil", "Rounds up."),
    ("chunk", "Cuts a list into lists of a length."),
    ("clean", "Returns the shortest form of a path."),
    ("coalesce", "Returns the first argument that is not empty."),
    ("compact", "Returns a list without its empty items."),
    ("concat", "Joins lists."),
    ("contains", "Tells whether a text holds another."),
    ("date", "Formats a date by a layout of Go, in local time."),
    ("dateInZone", "Formats a date by a layout of Go, in a time zone."),
    ("dateModify", "Adds a duration such as `-1.5h` to a date; a wrong duration changes nothing."),
    ("date_in_zone", "Like `dateInZone`."),
    ("date_modify", "Like `dateModify`."),
    ("decryptAES", "Decrypts what `encryptAES` made."),
    ("deepCopy", "Copies a value with all that it holds."),
    ("deepEqual", "Tells whether two values are equal with all that they hold."),
    ("default", "Returns the second argument, or the first where the second is empty or missing."),
    ("derivePassword", "Derives a password for a site from a master password (counter, type, password, user, site)."),
    ("dict", "Makes a map of keys and values in turn."),
    ("dig", "Returns what a path of keys leads to in a map, or a default."),
    ("dir", "Returns a path without its last part."),
    ("div", "Divides integers and drops the remainder."),
    ("divf", "Divides decimal numbers."),
    ("duration", "Formats a number of seconds, such as `1m35s`."),
    ("durationDays", "Returns a duration in days."),
    ("durationHours", "Returns a duration in hours."),
    ("durationMicroseconds", "Returns a duration in microseconds."),
    ("durationMilliseconds", "Returns a duration in milliseconds."),
    ("durationMinutes", "Returns a duration in minutes."),
    ("durationNanoseconds", "Returns a duration in nanoseconds."),
    ("durationRound", "Rounds a duration, or the time since a date, to its largest unit, such as `2h`."),
    ("durationRoundTo", "Rounds a duration to a multiple of another."),
    ("durationSeconds", "Returns a duration in seconds."),
    ("durationTruncateTo", "Rounds a duration down to a multiple of another."),
    ("durationWeeks", "Returns a duration in weeks."),
    ("empty", "Tells whether a value is empty: `false`, 0, nil, or of no length."),
    ("encryptAES", "Encrypts a text with a password: AES-256 in CBC mode, as Base64."),
    ("ext", "Returns the extension of a path with its dot."),
    ("first", "Returns the first item of a list."),
    ("float64", "Turns a value into a decimal number; 0 where it is none."),
    ("floor", "Rounds down."),
    ("fromJson", "Reads a JSON object; the map holds `Error` where it is none."),
    ("fromJsonArray", "Reads a JSON list; the list holds the error where it is none."),
    ("fromToml", "Reads TOML; the map holds `Error` where it is none."),
    ("fromYaml", "Reads a YAML map; the map holds `Error` where it is none."),
    ("fromYamlArray", "Reads a YAML list; the list holds the error where it is none."),
    ("genCA", "Makes a certificate authority: name, days."),
    ("genCAWithKey", "Makes a certificate authority of a private key: name, days, key."),
    ("genPrivateKey", "Makes a private key: `rsa`, `dsa`, `ecdsa` or `ed25519`."),
    ("genSelfSignedCert", "Makes a self-signed certificate: name, IP addresses, DNS names, days."),
    ("genSelfSignedCertWithKey", "Makes a self-signed certificate of a private key: name, IP addresses, DNS names, days, key."),
    ("genSignedCert", "Makes a certificate signed by an authority: name, IP addresses, DNS names, days, authority."),
    ("genSignedCertWithKey", "Makes a signed certificate of a private key: name, IP addresses, DNS names, days, authority, key."),
    ("get", "Returns the value of a key, or an empty text."),
    ("getHostByName", "Returns an IP address of a host name."),
    ("has", "Tells whether an item is in a list."),
    ("hasKey", "Tells whether a map has a key."),
    ("hasPrefix", "Tells whether a text starts with another: `hasPrefix \"a\" \"abc\"`."),
    ("hasSuffix", "Tells whether a text ends with another: `hasSuffix \"c\" \"abc\"`."),
    ("hello", "Returns `Hello!`."),
    ("htmlDate", "Formats a date as `2006-01-02`, in local time."),
    ("htmlDateInZone", "Formats a date as `2006-01-02`, in a time zone."),
    ("htpasswd", "Makes a line of an htpasswd file with bcrypt: user, password."),
    ("indent", "Indents every line by a number of spaces."),
    ("initial", "Returns a list without its last item."),
    ("initials", "Returns the first letter of every word."),
    ("int", "Turns a value into an `int`; 0 where it is none."),
    ("int64", "Turns a value into an `int64`; 0 where it is none."),
    ("isAbs", "Tells whether a path is absolute."),
    ("join", "Joins a list with a separator."),
    ("kebabcase", "Turns `SomeWords` into `some-words`."),
    ("keys", "Returns the keys of maps, in no fixed order in Helm and sorted here."),
    ("kindIs", "Tells whether a value is of a kind of Go, such as `map`."),
    ("kindOf", "Returns the kind of a value in Go, such as `slice`."),
    ("last", "Returns the last item of a list."),
    ("list", "Makes a list of its arguments."),
    ("lower", "Turns a text into lower case."),
    ("max", "Returns the largest integer."),
    ("maxf", "Returns the largest decimal number."),
    ("merge", "Merges maps into the first; what is there already stays."),
    ("mergeOverwrite", "Merges maps into the first; later ones win."),
    ("min", "Returns the smallest integer."),
    ("minf", "Returns the smallest decimal number."),
    ("mod", "Returns the remainder of a division of integers."),
    ("mul", "Multiplies integers."),
    ("mulf", "Multiplies decimal numbers."),
    ("mustToDuration", "Reads a duration."),
    ("must_date_modify", "Like `mustDateModify`."),
    ("nindent", "Like `indent`, after a line break."),
    ("nospace", "Removes all white space."),
    ("now", "Returns the present time."),
    ("omit", "Returns a map without some keys."),
    ("osBase", "Like `base`, by the rules of the operating system."),
    ("osClean", "Like `clean`, by the rules of the operating system."),
    ("osDir", "Like `dir`, by the rules of the operating system."),
    ("osExt", "Like `ext`, by the rules of the operating system."),
    ("osIsAbs", "Like `isAbs`, by the rules of the operating system."),
    ("pick", "Returns a map with only some keys."),
    ("pluck", "Returns the values that a key has in maps."),
    ("plural", "Returns the first text for the number 1, the second for others."),
    ("prepend", "Returns a list with an item added at its start."),
    ("push", "Like `append`."),
    ("quote", "Puts each argument into double quotes."),
    ("randAlpha", "Returns random letters."),
    ("randAlphaNum", "Returns random letters and digits."),
    ("randAscii", "Returns random printable ASCII characters."),
    ("randBytes", "Returns random bytes as Base64."),
    ("randInt", "Returns a random integer from the first, below the second."),
    ("randNumeric", "Returns random digits."),
    ("regexFind", "Returns the first match of a regular expression, or an empty text."),
    ("regexFindAll", "Returns matches of a regular expression, at most a number of them (-1: all)."),
    ("regexMatch", "Tells whether a text holds a match of a regular expression."),
    ("regexQuoteMeta", "Escapes a text for use in a regular expression."),
    ("regexReplaceAll", "Replaces all matches; `${1}` stands for a group."),
    ("regexReplaceAllLiteral", "Replaces all matches by a text as it stands."),
    ("regexSplit", "Splits a text at matches, into at most a number of parts (-1: all)."),
    ("repeat", "Repeats a text."),
    ("replace", "Replaces all occurrences: old, new, text."),
    ("rest", "Returns a list without its first item."),
    ("reverse", "Returns a list in reverse order."),
    ("round", "Rounds to a number of decimal places."),
    ("semver", "Reads a semantic version into its parts."),
    ("semverCompare", "Tells whether a version satisfies a constraint: `semverCompare \"^1.2\" \"1.3.0\"`."),
    ("seq", "Returns integers with spaces between them, as the program `seq` does."),
    ("set", "Sets a key of a map and returns the map."),
    ("sha1sum", "Returns the SHA-1 hash of a text in hexadecimal."),
    ("sha256sum", "Returns the SHA-256 hash of a text in hexadecimal."),
    ("sha512sum", "Returns the SHA-512 hash of a text in hexadecimal."),
    ("shuffle", "Shuffles the characters of a text."),
    ("slice", "Returns a part of a list: from an index, up to another."),
    ("snakecase", "Turns `SomeWords` into `some_words`."),
    ("sortAlpha", "Sorts a list as texts."),
    ("split", "Splits a text at a separator into a map with the keys `_0`, `_1` and so on."),
    ("splitList", "Splits a text at a separator into a list."),
    ("splitn", "Like `split`, into at most a number of parts."),
    ("squote", "Puts each argument into single quotes."),
    ("sub", "Subtracts an integer from another."),
    ("subf", "Subtracts decimal numbers from the first."),
    ("substr", "Returns a part of a text: from an index, up to another."),
    ("swapcase", "Swaps upper and lower case."),
    ("ternary", "Returns the first argument where the third is true, else the second."),
    ("title", "Turns the first letter of every word into upper case."),
    ("toDate", "Reads a date by a layout of Go; a wrong text gives the zero date."),
    ("toDecimal", "Reads an octal number."),
    ("toJson", "Writes JSON; an empty text on failure."),
    ("toPrettyJson", "Writes indented JSON; an empty text on failure."),
    ("toRawJson", "Writes JSON without escaping `<`, `>` and `&`."),
    ("toString", "Turns a value into a text."),
    ("toStrings", "Turns a list into a list of texts."),
    ("toToml", "Writes TOML; the error on failure."),
    ("toYaml", "Writes YAML; an empty text on failure."),
    ("toYamlPretty", "Writes YAML with indented lists; an empty text on failure."),
    ("trim", "Removes white space at both ends."),
    ("trimAll", "Removes given characters at both ends."),
    ("trimPrefix", "Removes a prefix."),
    ("trimSuffix", "Removes a suffix."),
    ("trimall", "Like `trimAll`."),
    ("trunc", "Cuts a text to a length; a negative one counts from the end."),
    ("tuple", "Like `list`."),
    ("typeIs", "Tells whether a value is of a type of Go, such as `string`."),
    ("typeIsLike", "Like `typeIs`, for pointers to the type, too."),
    ("typeOf", "Returns the type of a value in Go, such as `[]interface {}`."),
    ("uniq", "Returns a list without repeated items."),
    ("unixEpoch", "Returns a date as seconds since 1970."),
    ("unset", "Removes a key of a map and returns the map."),
    ("until", "Returns the integers from 0 up to a number, which is left out."),
    ("untilStep", "Returns integers: from, up to, step."),
    ("untitle", "Turns the first letter of every word into lower case."),
    ("upper", "Turns a text into upper case."),
    ("urlJoin", "Makes a URL of its parts."),
    ("urlParse", "Takes a URL apart into a map."),
    ("uuidv4", "Returns a random UUID."),
    ("values", "Returns the values of a map, in no fixed order in Helm and by sorted keys here."),
    ("without", "Returns a list without some items."),
    ("wrap", "Wraps a text at a number of columns."),
    ("wrapWith", "Wraps a text at a number of columns with a line break of one's own."),
];
