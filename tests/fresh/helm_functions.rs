//! The page about the functions of Helm's templates: their parameters from the registry, and what each one does.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aqueduct_helm::functions::ALL;
use aqueduct_helm::template::Asks;

/// Returns the page.
///
/// # Panics
/// Panics if a function has no description, or if a description belongs to no function.
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
    assert!(about.is_empty(), "these are not functions: {about:?}");
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
Helm's additions. They behave as those do, down to the wording of errors:

- Strings are bytes. `trunc` and `substr` count bytes and may cut a character in two.
- Numbers keep their Go kind: `add` returns an `int64`, `int` an `int`, and every number in `values.yaml` is a `float64`.
- `set`, `unset`, `merge` and `mergeOverwrite` change the map that they receive, for everyone who holds it.
- A function whose name starts with `must` fails where its twin panics in Go; a template reports both in the same way.
- Regular expressions are Go's: `\d`, `\w` and `\b` are ASCII only, and there is no lookahead.
- `fromToml` reads TOML 1.1 strictly: a table that is defined twice (`a.b = 1` and then `[a]`, or a key added to an inline
  table) is an error, where Helm merges the two or drops one. A few errors (bad digits of `\u`, a lone carriage return) are
  worded differently from Helm's.

`include`, `tpl`, `required`, `fail` and `lookup` belong to the engine. `env` and `expandenv` do not exist, as in Helm.

A function that **asks the host** gives a different result each time: it reads the clock, needs randomness or queries a name
server. `aqueduct helm template` answers as Helm does. Rendering a platform has to give the same result every time: if an
object depends on the answer, rendering fails with an error that shows the field, the line and another way to set the value.
`date`, `dateInZone`, `htmlDate`, `htmlDateInZone` and `durationRound` read the clock only if they are given no date.

Where Go would exhaust memory, limits apply: strings of 32 MiB, lists of 1 million elements, values 1000 levels deep.

`AQUEDUCT_UPDATE=1 cargo test --test fresh` writes this page.

| function | parameters | what it does | asks the host |
|---|---|---|---|
";

/// What each function does, without twins that only add `must` to a name.
#[rustfmt::skip]
const ABOUT: &[(&str, &str)] = &[
    ("abbrev", "Shortens a string to a number of characters, including the `...` at its end."),
    ("abbrevboth", "Shortens a string at both ends: from an offset, to a number of characters."),
    ("add", "Adds integers."),
    ("add1", "Adds 1 to an integer."),
    ("add1f", "Adds 1 to a decimal number."),
    ("addf", "Adds decimal numbers."),
    ("adler32sum", "Returns the Adler-32 checksum of a string as a decimal number."),
    ("ago", "Returns how long ago a date was, in whole seconds."),
    ("all", "Returns whether no argument is empty."),
    ("any", "Returns whether any argument is not empty."),
    ("append", "Returns a list with an item added at its end."),
    ("atoi", "Parses an integer; 0 if the string is not one."),
    ("b32dec", "Decodes Base32."),
    ("b32enc", "Encodes a string as Base32."),
    ("b64dec", "Decodes Base64."),
    ("b64enc", "Encodes a string as Base64."),
    ("base", "Returns the last part of a path."),
    ("bcrypt", "Hashes a password with bcrypt."),
    ("biggest", "Like `max`."),
    ("buildCustomCert", "Builds a certificate from an existing certificate and key, both Base64-encoded PEM."),
    ("camelcase", "Turns `some_words` into `SomeWords`."),
    ("cat", "Joins its arguments with spaces."),
    ("ceil", "Rounds up."),
    ("chunk", "Splits a list into lists of a given length."),
    ("clean", "Returns the shortest form of a path."),
    ("coalesce", "Returns the first argument that is not empty."),
    ("compact", "Returns a list without its empty items."),
    ("concat", "Joins lists."),
    ("contains", "Returns whether a string contains another."),
    ("date", "Formats a date with a Go layout, in local time."),
    ("dateInZone", "Formats a date with a Go layout, in a time zone."),
    ("dateModify", "Adds a duration such as `-1.5h` to a date; an invalid duration changes nothing."),
    ("date_in_zone", "Like `dateInZone`."),
    ("date_modify", "Like `dateModify`."),
    ("decryptAES", "Decrypts the output of `encryptAES`."),
    ("deepCopy", "Copies a value and everything in it."),
    ("deepEqual", "Returns whether two values are deeply equal."),
    ("default", "Returns the second argument, or the first if the second is empty or missing."),
    ("derivePassword", "Derives a password for a site from a master password (counter, type, password, user, site)."),
    ("dict", "Makes a map from alternating keys and values."),
    ("dig", "Returns the value at a path of keys in a map, or a default."),
    ("dir", "Returns a path without its last part."),
    ("div", "Divides integers and drops the remainder."),
    ("divf", "Divides decimal numbers."),
    ("duration", "Formats a number of seconds as a duration such as `1m35s`."),
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
    ("empty", "Returns whether a value is empty: `false`, 0, nil, or of length 0."),
    ("encryptAES", "Encrypts a string with a password: AES-256 in CBC mode, as Base64."),
    ("ext", "Returns the extension of a path with its dot."),
    ("first", "Returns the first item of a list."),
    ("float64", "Converts a value to a decimal number; 0 if that fails."),
    ("floor", "Rounds down."),
    ("fromJson", "Parses a JSON object; on failure the map contains `Error`."),
    ("fromJsonArray", "Parses a JSON list; on failure the list contains the error."),
    ("fromToml", "Parses TOML; on failure the map contains `Error`."),
    ("fromYaml", "Parses a YAML map; on failure the map contains `Error`."),
    ("fromYamlArray", "Parses a YAML list; on failure the list contains the error."),
    ("genCA", "Makes a certificate authority: name, days."),
    ("genCAWithKey", "Makes a certificate authority from a private key: name, days, key."),
    ("genPrivateKey", "Makes a private key: `rsa`, `dsa`, `ecdsa` or `ed25519`."),
    ("genSelfSignedCert", "Makes a self-signed certificate: name, IP addresses, DNS names, days."),
    ("genSelfSignedCertWithKey", "Makes a self-signed certificate from a private key: name, IP addresses, DNS names, days, key."),
    ("genSignedCert", "Makes a certificate signed by an authority: name, IP addresses, DNS names, days, authority."),
    ("genSignedCertWithKey", "Makes a signed certificate from a private key: name, IP addresses, DNS names, days, authority, key."),
    ("get", "Returns the value of a key, or an empty string."),
    ("getHostByName", "Returns an IP address of a host name."),
    ("has", "Returns whether an item is in a list."),
    ("hasKey", "Returns whether a map has a key."),
    ("hasPrefix", "Returns whether a string starts with another: `hasPrefix \"a\" \"abc\"`."),
    ("hasSuffix", "Returns whether a string ends with another: `hasSuffix \"c\" \"abc\"`."),
    ("hello", "Returns `Hello!`."),
    ("htmlDate", "Formats a date as `2006-01-02`, in local time."),
    ("htmlDateInZone", "Formats a date as `2006-01-02`, in a time zone."),
    ("htpasswd", "Makes a line of an htpasswd file with bcrypt: user, password."),
    ("indent", "Indents every line by a number of spaces."),
    ("initial", "Returns a list without its last item."),
    ("initials", "Returns the first letter of every word."),
    ("int", "Converts a value to an `int`; 0 if that fails."),
    ("int64", "Converts a value to an `int64`; 0 if that fails."),
    ("isAbs", "Returns whether a path is absolute."),
    ("join", "Joins a list with a separator."),
    ("kebabcase", "Turns `SomeWords` into `some-words`."),
    ("keys", "Returns the keys of maps, sorted; Helm's order varies."),
    ("kindIs", "Returns whether a value is of a Go kind, such as `map`."),
    ("kindOf", "Returns the Go kind of a value, such as `slice`."),
    ("last", "Returns the last item of a list."),
    ("list", "Makes a list of its arguments."),
    ("lower", "Converts a string to lower case."),
    ("max", "Returns the largest integer."),
    ("maxf", "Returns the largest decimal number."),
    ("merge", "Merges maps into the first; existing values stay."),
    ("mergeOverwrite", "Merges maps into the first; later ones win."),
    ("min", "Returns the smallest integer."),
    ("minf", "Returns the smallest decimal number."),
    ("mod", "Returns the remainder of a division of integers."),
    ("mul", "Multiplies integers."),
    ("mulf", "Multiplies decimal numbers."),
    ("mustToDuration", "Parses a duration."),
    ("must_date_modify", "Like `mustDateModify`."),
    ("nindent", "Like `indent`, after a line break."),
    ("nospace", "Removes all whitespace."),
    ("now", "Returns the current time."),
    ("omit", "Returns a map without some keys."),
    ("osBase", "Like `base`, by the rules of the operating system."),
    ("osClean", "Like `clean`, by the rules of the operating system."),
    ("osDir", "Like `dir`, by the rules of the operating system."),
    ("osExt", "Like `ext`, by the rules of the operating system."),
    ("osIsAbs", "Like `isAbs`, by the rules of the operating system."),
    ("pick", "Returns a map with only some keys."),
    ("pluck", "Returns the values of a key in several maps."),
    ("plural", "Returns the first string for the number 1, otherwise the second."),
    ("prepend", "Returns a list with an item added at its start."),
    ("push", "Like `append`."),
    ("quote", "Puts each argument into double quotes."),
    ("randAlpha", "Returns random letters."),
    ("randAlphaNum", "Returns random letters and digits."),
    ("randAscii", "Returns random printable ASCII characters."),
    ("randBytes", "Returns random bytes as Base64."),
    ("randInt", "Returns a random integer from the first argument up to but not including the second."),
    ("randNumeric", "Returns random digits."),
    ("regexFind", "Returns the first match of a regular expression, or an empty string."),
    ("regexFindAll", "Returns the matches of a regular expression, up to a number of them (-1: all)."),
    ("regexMatch", "Returns whether a string contains a match of a regular expression."),
    ("regexQuoteMeta", "Escapes a string for use in a regular expression."),
    ("regexReplaceAll", "Replaces all matches; `${1}` stands for a group."),
    ("regexReplaceAllLiteral", "Replaces all matches with a string, taken literally."),
    ("regexSplit", "Splits a string at matches, into a maximum number of parts (-1: all)."),
    ("repeat", "Repeats a string."),
    ("replace", "Replaces all occurrences: old, new, string."),
    ("rest", "Returns a list without its first item."),
    ("reverse", "Returns a list in reverse order."),
    ("round", "Rounds to a number of decimal places."),
    ("semver", "Parses a semantic version into its parts."),
    ("semverCompare", "Returns whether a version satisfies a constraint: `semverCompare \"^1.2\" \"1.3.0\"`."),
    ("seq", "Returns integers separated by spaces, like the program `seq`."),
    ("set", "Sets a key of a map and returns the map."),
    ("sha1sum", "Returns the SHA-1 hash of a string in hexadecimal."),
    ("sha256sum", "Returns the SHA-256 hash of a string in hexadecimal."),
    ("sha512sum", "Returns the SHA-512 hash of a string in hexadecimal."),
    ("shuffle", "Shuffles the characters of a string."),
    ("slice", "Returns part of a list: from one index up to another."),
    ("snakecase", "Turns `SomeWords` into `some_words`."),
    ("sortAlpha", "Sorts a list as strings."),
    ("split", "Splits a string at a separator into a map with the keys `_0`, `_1` and so on."),
    ("splitList", "Splits a string at a separator into a list."),
    ("splitn", "Like `split`, into a maximum number of parts."),
    ("squote", "Puts each argument into single quotes."),
    ("sub", "Subtracts one integer from another."),
    ("subf", "Subtracts decimal numbers from the first."),
    ("substr", "Returns part of a string: from one index up to another."),
    ("swapcase", "Swaps upper and lower case."),
    ("ternary", "Returns the first argument if the third is true, otherwise the second."),
    ("title", "Converts the first letter of every word to upper case."),
    ("toDate", "Parses a date with a Go layout; invalid input gives the zero date."),
    ("toDecimal", "Parses an octal number."),
    ("toJson", "Writes JSON; an empty string on failure."),
    ("toPrettyJson", "Writes indented JSON; an empty string on failure."),
    ("toRawJson", "Writes JSON without escaping `<`, `>` and `&`."),
    ("toString", "Converts a value to a string."),
    ("toStrings", "Converts a list to a list of strings."),
    ("toToml", "Writes TOML; the error message on failure."),
    ("toYaml", "Writes YAML; an empty string on failure."),
    ("toYamlPretty", "Writes YAML with indented lists; an empty string on failure."),
    ("trim", "Removes whitespace at both ends."),
    ("trimAll", "Removes given characters at both ends."),
    ("trimPrefix", "Removes a prefix."),
    ("trimSuffix", "Removes a suffix."),
    ("trimall", "Like `trimAll`."),
    ("trunc", "Truncates a string to a length; a negative one keeps the end."),
    ("tuple", "Like `list`."),
    ("typeIs", "Returns whether a value is of a Go type, such as `string`."),
    ("typeIsLike", "Like `typeIs`, but also accepts pointers to the type."),
    ("typeOf", "Returns the Go type of a value, such as `[]interface {}`."),
    ("uniq", "Returns a list without repeated items."),
    ("unixEpoch", "Returns a date as seconds since 1970."),
    ("unset", "Removes a key of a map and returns the map."),
    ("until", "Returns the integers from 0 up to but not including a number."),
    ("untilStep", "Returns integers: start, end (not included), step."),
    ("untitle", "Converts the first letter of every word to lower case."),
    ("upper", "Converts a string to upper case."),
    ("urlJoin", "Builds a URL from its parts."),
    ("urlParse", "Splits a URL into a map."),
    ("uuidv4", "Returns a random UUID."),
    ("values", "Returns the values of a map, sorted by key; Helm's order varies."),
    ("without", "Returns a list without some items."),
    ("wrap", "Wraps a string at a number of columns."),
    ("wrapWith", "Wraps a string at a number of columns with a custom line break."),
];
