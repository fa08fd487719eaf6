//! Generated templates: every function with arguments of every kind, control structures, formats.

use aqueduct_helm::functions::ALL;
use aqueduct_helm::template::Asks;
use aqueduct_helm::value::Type;

use super::random::Random;

/// The values of the chart with the templates.
pub(crate) const VALUES: &str = r#"s: some text
empty: ""
n: 7
f: 2.5
big: 12345678901
neg: -3
t: true
no: false
l: [1, two, 3.5, null, [x], {k: v}]
words: [b, a, c, a]
nums: [3, 1, 2]
m: {a: 1, b: {c: deep, d: [1, 2]}, z: "y", "2": two}
e: {}
el: []
long: "aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd eeeeeeeeee ffffffffff gggggggggg hhhhhhhhhh iiiiiiiiii jj "
multi: "line one\n  line two\n\nend\n"
uni: "Grüße 日本 😀"
quoted: 'it''s "q"'
words_: "yes"
mode: "0644"
when: 2024-05-06T07:08:09Z
"#;

/// The other files of that chart.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("files/a.txt", "one\ntwo\n\nthree"),
    ("files/b.yaml", "k: v\nlist: [1, 2]\n"),
    ("files/sub/c.txt", ""),
    ("files/d.bin", "x\u{0}y\n"),
    (
        "templates/_helpers.tpl",
        "{{- define \"helper.name\" -}}\n{{ .Chart.Name }}-{{ .Release.Name | trunc 3 }}\n{{- end }}\n{{ define \"helper.echo\" }}<{{ . }}>{{ end }}\n{{ define \"helper.count\" }}{{ if gt (int .) 0 }}{{ . }},{{ include \"helper.count\" (sub . 1) }}{{ end }}{{ end }}\n",
    ),
];

const TEXTS: &[&str] = &[
    r#""hello world""#,
    r#""""#,
    r#""a-b_c d""#,
    r#""2.5""#,
    r#""1.0""#,
    r#""10""#,
    r#""0x1F""#,
    r#""010""#,
    r#""-7""#,
    r#""1e3""#,
    r#""99999999999999999999""#,
    r#""99999999999999999999.0""#,
    r#""1.50""#,
    r#"".5""#,
    r#""1_000""#,
    r#""true""#,
    r#""Grüße 日本""#,
    r#""\u017f\u0131\U0001F600\u01c5""#,
    r#""\xff\x00x""#,
    r#""  pad \t\n""#,
    r#""x\n\ny\n""#,
    r##""# no: comment""##,
    r#""key: value""#,
    r#""- item""#,
    r#""1.2.3""#,
    r#""v1.2.3-rc.1+b""#,
    r#"">=1.0.0 <2""#,
    r#""2024-02-29T12:34:56Z""#,
    r#""1h30m""#,
    r#""[a-z]+""#,
    r#""a(b|c)*d""#,
    r#""https://u:p@h.io:80/p?q=1#f""#,
    r#""/a/b/../c.txt""#,
    r#""FooBar baz_qux""#,
    r#""dGVzdA==""#,
    r#""MFRGG===""#,
    r#""a,b,,c""#,
    r#""<a href='x'>&amp;</a>""#,
    r#""%d %s""#,
    r#"".""#,
    r#""null""#,
    r#""~""#,
    r#""y""#,
    r#""0o17""#,
    r#""1:30""#,
    r#""2001-01-01""#,
    r#""\u0085\u2028\u200b\u00a0\ufeff""#,
    r#""'q' \"d\" `b` \\""#,
    r#""aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd eeeeeeeeee ffffffffff gggggggggg hhhhhhhhhh iii jjj ""#,
    r#"" lead""#,
    r#""\n""#,
    r#""a\tb\nc""#,
    r#""=""#,
    r#""<<""#,
    r#""\x7f""#,
    r#""\u0130\u1e9e\u00df""#,
    ".Values.s",
    ".Values.long",
    ".Values.multi",
    ".Values.uni",
    ".Values.quoted",
    ".Release.Name",
    ".Chart.Version",
    "(.Files.Get \"files/a.txt\")",
];
const INTEGERS: &[&str] =
    &["0", "1", "-1", "2", "3", "7", "10", "100", "-5", "65", "0x1f", "0o17", "017", "1_0", "'a'", "1.0"];
const LARGE: &[&str] =
    &["1000000", "9223372036854775807", "-9223372036854775808", "1e6", "12345678", "0b101", "4294967296"];
const FLOATS: &[&str] = &[
    "0.0",
    "1.0",
    "2.5",
    "-3.75",
    "1e6",
    "1e21",
    "1e-7",
    "123456.789",
    "0.1",
    "1e100",
    "-0.0",
    "0x1p-2",
    ".Values.f",
    ".Values.n",
    ".Values.big",
    "(divf 1 3)",
    "(float64 \"x\")",
    "123456789.5",
    "0.000001",
    "1e20",
];
const LISTS: &[&str] = &[
    "(list 1 2 3)",
    r#"(list "b" "a" "b")"#,
    "(list)",
    r#"(list 1 "a" nil 2.5 true)"#,
    r#"(list (list 1) (dict "a" 1))"#,
    ".Values.l",
    ".Values.words",
    ".Values.nums",
    ".Values.el",
    r#"(tuple "x")"#,
    r#"(splitList "," "a,b,c")"#,
    "(until 4)",
    r#"(list 1 1.0 "1")"#,
    r#"(list "" 0 nil false)"#,
    r#"(list (dict "b" 1 "a" (list)) "x y")"#,
    r#"("a b" | splitList " ")"#,
    r#"(list .Values.m .Values.l)"#,
];
const MAPS: &[&str] = &[
    r#"(dict "a" 1 "b" "two")"#,
    "(dict)",
    r#"(dict "x" (dict "y" (list 1 2)))"#,
    ".Values.m",
    ".Values.e",
    r#"(dict "k" nil "l" (list))"#,
    r#"(dict "true" "yes" "1" 0.5 "b c" (dict))"#,
    r#"(dict "a" .Values.long)"#,
    r#"(fromYaml "a: {b: 1}\nc: [x]")"#,
    r#"(split "," "a,b")"#,
    r#"(dict "a10" 1 "a9" 2 "A" 3)"#,
    ".Values",
    r#"(dict "t" .Values.multi "u" (list .Values.multi))"#,
];
/// Values that no other template uses, since functions may change them.
const OWN_MAPS: &[&str] = &[
    r#"(dict "a" 1 "b" "two")"#,
    "(dict)",
    r#"(dict "x" (dict "y" (list 1 2)))"#,
    r#"(dict "k" nil "l" (list) "a" false)"#,
    "(deepCopy .Values.m)",
    r#"(fromYaml "a: {b: 1, x: }\nc: [x]")"#,
    r#"(dict "a" (dict "b" (dict "c" "")) "x" 0)"#,
    r#"(split "," "a,b")"#,
    "nil",
    "(list)",
];
const DATES: &[&str] = &[
    r#"(toDate "2006-01-02" "2024-02-29")"#,
    r#"(toDate "2006-01-02T15:04:05Z07:00" "2024-05-06T07:08:09.123+02:00")"#,
    "0",
    "1700000000",
    "(toDate \"x\" \"y\")",
    r#"(mustToDate "2006-01-02 15:04" "1999-12-31 23:59")"#,
    "-62135596800",
];
const LAYOUTS: &[&str] = &[
    r#""2006-01-02""#,
    r#""Mon, 02 Jan 2006 15:04:05 MST""#,
    r#""2006-01-02T15:04:05.000Z07:00""#,
    r#""3:04PM .999""#,
    r#""_2 January 06 002 -0700""#,
    r#""""#,
    r#""1/2/06 05 4""#,
];
const ZONES: &[&str] =
    &[r#""UTC""#, r#""Europe/Berlin""#, r#""America/New_York""#, r#""Nowhere""#, r#""""#, r#""Local""#];
const DURATIONS: &[&str] = &[
    r#""90m""#,
    r#""-1.5h""#,
    "95",
    r#""95""#,
    r#""1.5""#,
    "(mustToDuration 61)",
    r#""1h2m3.004s""#,
    r#""x""#,
    "0.25",
    "nil",
    r#""0""#,
    r#""1d""#,
    "1e12",
    r#""2562047h""#,
];
const PATTERNS: &[&str] = &[
    r#""[a-z]+""#,
    r#""(?i)A(b|c)*""#,
    r#""^\\w+\\s""#,
    r#""(?P<n>\\d+)""#,
    r#""[""#,
    r#""""#,
    r#""\\p{Lu}""#,
    r#"".""#,
    r#""(a)|(b)""#,
    r#""\\b""#,
    r#""x*""#,
    r#""a{2,3}?""#,
    r#""[[:alpha:]]\\z""#,
    r#""(?s).$""#,
];
const REPLACEMENTS: &[&str] = &[r#""<$0>""#, r#""${1}x""#, r#""$n""#, r#""$$""#, r#""""#, r#""$1a""#];
const VERSIONS: &[&str] = &[
    r#""1.2.3""#,
    r#""v1.2""#,
    r#""1.2.3-beta.2+x""#,
    r#""1""#,
    r#""x""#,
    r#""0.0.0""#,
    r#""1.02.3""#,
    r#""2.0.0-0""#,
];
const RANGES: &[&str] = &[
    r#"">=1.0.0""#,
    r#""^1.2 || ~0.1""#,
    r#""1.x""#,
    r#""*""#,
    r#"">1, <2""#,
    r#""1.0 - 2.0""#,
    r#""!=1.2.3""#,
    r#""""#,
    r#""=> 1""#,
    r#""~>1.2.0-0""#,
    r#""<""#,
];
const YAML: &[&str] = &[
    r#""a: 1\nb: [x, 2.0, ~]""#,
    r#""- 1\n- {a: b}""#,
    r#""a: |\n  x\n  y\n""#,
    r#""a: [""#,
    r#""a: 1\na: 2""#,
    r#""x: &a {k: 1}\ny: *a""#,
    r#""just text""#,
    r#""""#,
    r#""a: yes\nb: 0o17\nc: 1e3\nd: 2024-01-01""#,
    r#""a:\tb""#,
    r#""%YAML 1.2\n---\na: 1""#,
    r#""!!binary aGk=""#,
    r#""? [1]\n: 2""#,
    r#""a: 'it''s'\nb: \"\\u00e9\"""#,
    r#""1: x\ntrue: y""#,
];
const JSON: &[&str] = &[
    r#""{\"a\":[1,2.5,null,\"x\"]}""#,
    r#""[1,{\"b\":true}]""#,
    r#""{\"a\":""#,
    r#""{\"a\":1e400}""#,
    r#""[1e400]""#,
    r#""{\"a\":\"\\q\"}""#,
    r#""\"x\"""#,
    r#""nul""#,
    r#""é""#,
    r#""[1,]""#,
    r#""{\"a\":01}""#,
    r#""{\"\\ud83d\\ude00\":\"\\ud800\"}""#,
    r#""null""#,
    r#"" 12 ""#,
    r#""{} x""#,
    r#""{\"a\":{\"b\":[-0, 1E2, 12345678901234567890]}}""#,
    r#""\xff""#,
];
const TOML: &[&str] = &[
    r#""a = 1\n[b]\nc = [1, 2]\nd = 2024-01-01""#,
    r#""x = \"y\"\nf = 1e3\nt = true""#,
    r#""[[l]]\nk = 'v'\n[[l]]""#,
];
const KINDS: &[&str] =
    &[r#""string""#, r#""map""#, r#""slice""#, r#""int""#, r#""float64""#, r#""bool""#, r#""invalid""#];
const KEYS: &[&str] = &[r#""a""#, r#""b""#, r#""nope""#, r#""x""#, r#""k""#, r#""""#];
const FORMATS: &[&str] = &[
    "%v", "%+v", "%#v", "%T", "%d", "%5d", "%-5d|", "%05d", "%x", "%X", "%#x", "%o", "%b", "%c", "%q", "%U",
    "%e", "%f", "%.2f", "%8.3f", "%g", "%G", "%s", "%10s", "%-10s|", "%.3s", "%t", "%%", "%!", "%z", "%[1]v",
    "%[3]d", "%*d", "%+d", "% d", "% x", "%#q", "%+q", "%6.2f%%", "%v %v", "%s %d", "%08.3f", "%x %X", "%O",
    "%", "%w", "%-08d|", "%+.3e",
];
/// Functions whose output is not reproducible, unordered or expensive, or has library errors that are not reproduced
/// here.
const LEFT_OUT: &[&str] =
    &["keys", "values", "derivePassword", "buildCustomCert", "decryptAES", "env", "expandenv"];
const BUILT_IN: &[&str] = &[
    "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "print", "println", "html", "js",
    "urlquery",
];

/// Generates templates.
pub(crate) struct Generator<'r> {
    pub(crate) random: &'r mut Random,
    /// The index in the table of functions, so that each one has its turn.
    pub(crate) turn: usize,
}

impl Generator<'_> {
    fn from(&mut self, pool: &[&str]) -> String {
        self.random.pick(pool).to_owned()
    }

    /// Returns an argument of any kind.
    fn any(&mut self, depth: usize) -> String {
        match self.random.below(if depth == 0 { 14 } else { 18 }) {
            0..=4 => self.from(TEXTS),
            5 | 6 => self.from(INTEGERS),
            7 => self.from(LARGE),
            8 => self.from(FLOATS),
            9 | 10 => self.from(LISTS),
            11 => self.from(MAPS),
            12 => self.from(&["true", "false", "nil", ".Values.nope", ".Values.t", ".Values.no"]),
            13 => self.from(&[
                DATES[0],
                DATES[1],
                "(mustToDuration \"1h\")",
                "(semver \"1.2.3-a\")",
                ".Capabilities.KubeVersion",
                ".Capabilities.HelmVersion",
                ".Capabilities.APIVersions",
                ".Release",
                ".Chart",
                ".Template",
                "(.Files.GetBytes \"files/d.bin\")",
            ]),
            _ => format!("({})", self.call(depth - 1)),
        }
    }

    fn number(&mut self) -> String {
        match self.random.below(10) {
            0..=3 => self.from(INTEGERS),
            4 => self.from(LARGE),
            5 | 6 => self.from(FLOATS),
            7 => self.from(TEXTS),
            8 => self.from(&[r#""2.5""#, r#""1.0""#, r#""12""#, r#""1.5Gi""#, "true", "nil"]),
            _ => self.any(0),
        }
    }

    /// Returns an argument that usually makes sense at a position of a function.
    fn argument(&mut self, name: &str, at: usize, wanted: Type, depth: usize) -> String {
        let lower = name.to_lowercase();
        if matches!((name, at), ("set" | "unset", 0))
            || ["merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite"].contains(&name)
        {
            return self.from(OWN_MAPS);
        }
        // These functions treat anything but a date as the current time.
        if lower.contains("date")
            && !lower.contains("todate")
            && matches!(wanted, Type::Any | Type::Native(_))
        {
            return self.from(DATES);
        }
        if self.random.percent(6) {
            return self.any(depth);
        }
        match (name, at) {
            _ if lower.contains("regex") && at == 0 => return self.from(PATTERNS),
            _ if lower.contains("regexreplace") && at == 2 => return self.from(REPLACEMENTS),
            ("semver", 0) | ("semverCompare", 1) => return self.from(VERSIONS),
            ("semverCompare", 0) => return self.from(RANGES),
            ("fromYaml" | "fromYamlArray", 0) => return self.from(YAML),
            ("fromJson" | "fromJsonArray" | "mustFromJson", 0) => return self.from(JSON),
            ("fromToml", 0) => return self.from(TOML),
            ("kindIs" | "typeIs" | "typeIsLike", 0) => return self.from(KINDS),
            ("get" | "hasKey" | "set" | "unset", 1) => return self.from(KEYS),
            ("omit" | "pick", 1..) | ("pluck", 0) => return self.from(KEYS),
            ("pluck", 1..) => return self.from(MAPS),
            ("dig", _) => return if at < 2 { self.from(KEYS) } else { self.from(MAPS) },
            ("dict", _) if at.is_multiple_of(2) => return self.from(TEXTS),
            ("duration", 0) => return self.from(DURATIONS),
            ("date" | "dateInZone" | "date_in_zone" | "toDate" | "mustToDate", 0) => {
                return self.from(LAYOUTS);
            }
            ("dateModify" | "date_modify" | "mustDateModify" | "must_date_modify", 0) => {
                return self.from(DURATIONS);
            }
            ("dateInZone" | "date_in_zone", 2) | ("htmlDateInZone", 1) => return self.from(ZONES),
            _ if lower.contains("date") || name == "unixEpoch" => return self.from(DATES),
            _ if lower.contains("duration") => return self.from(DURATIONS),
            ("until" | "untilStep" | "seq" | "repeat" | "indent" | "nindent" | "wrap" | "wrapWith", _)
                if !matches!(wanted, Type::String) =>
            {
                return self.from(INTEGERS);
            }
            _ => {}
        }
        let numeric =
            ["add", "add1", "sub", "mul", "div", "mod", "max", "min", "biggest", "int", "int64", "float64"];
        let decimal = ["addf", "add1f", "subf", "mulf", "divf", "maxf", "minf", "ceil", "floor", "round"];
        if numeric.contains(&name) || decimal.contains(&name) {
            return self.number();
        }
        match wanted {
            Type::String => self.from(TEXTS),
            Type::Integer(_) => self.from(INTEGERS),
            Type::Float => self.from(FLOATS),
            Type::Bool => self.from(&["true", "false", ".Values.t"]),
            Type::List(_) => self.from(LISTS),
            Type::Map(_) => self.from(MAPS),
            Type::Native(_) => self.from(DATES),
            _ if [
                "append",
                "prepend",
                "push",
                "first",
                "last",
                "rest",
                "initial",
                "uniq",
                "without",
                "compact",
                "reverse",
                "slice",
                "concat",
                "chunk",
                "join",
                "sortAlpha",
                "has",
                "toStrings",
            ]
            .iter()
            .any(|list| lower.ends_with(&list.to_lowercase()))
                && self.random.percent(60) =>
            {
                self.from(LISTS)
            }
            _ => self.any(depth),
        }
    }

    /// Returns a call without its parentheses.
    fn call(&mut self, depth: usize) -> String {
        if self.random.percent(15) {
            let name = self.random.pick(BUILT_IN);
            let count = match name {
                "not" | "len" => 1,
                "index" | "lt" | "le" | "gt" | "ge" | "ne" => 2,
                _ => 1 + self.random.below(3),
            };
            let arguments: Vec<String> = (0..count)
                .map(|at| match (name, at) {
                    ("index" | "len", 0) if self.random.percent(80) => {
                        let pool = if self.random.percent(50) { LISTS } else { MAPS };
                        self.from(pool)
                    }
                    _ => self.any(depth),
                })
                .collect();
            return format!("{name} {}", arguments.join(" "));
        }
        loop {
            self.turn += 1;
            let function = &ALL[self.turn % ALL.len()];
            if function.asks == Asks::Always || LEFT_OUT.contains(&function.name) {
                continue;
            }
            let mut arguments: Vec<String> = function
                .parameters
                .iter()
                .enumerate()
                .map(|(at, wanted)| self.argument(function.name, at, *wanted, depth))
                .collect();
            if let Some(wanted) = function.variadic {
                let count = self.random.below(4);
                for _ in 0..count {
                    let at = arguments.len();
                    arguments.push(self.argument(function.name, at, wanted, depth));
                }
            }
            if let Some(last) = arguments.last().cloned()
                && self.random.percent(25)
            {
                arguments.pop();
                return format!("{last} | {} {}", function.name, arguments.join(" ")).trim_end().to_owned();
            }
            return format!("{} {}", function.name, arguments.join(" ")).trim_end().to_owned();
        }
    }

    fn printed(&mut self) -> String {
        let format = self.from(FORMATS);
        let count = 1 + self.random.below(2);
        let mut arguments = Vec::new();
        while arguments.len() < count {
            let argument = self.any(0);
            // Some verbs show the address of a time's zone.
            if !argument.contains("oDate") {
                arguments.push(argument);
            }
        }
        format!("printf {:?} {}", format, arguments.join(" "))
    }

    fn shown(&mut self) -> String {
        let call = self.call(2);
        match self.random.below(12) {
            0 => format!("{{{{ {call} | toJson }}}}"),
            1 => format!("{{{{ {call} | toYaml | nindent 2 }}}}"),
            2 => format!("{{{{ {call} | toYamlPretty }}}}"),
            3 => format!("{{{{ {call} | printf \"%T %#v\" }}}}").replace("%T %#v", "%T"),
            4 => format!("{{{{ {call} | printf \"%#v\" }}}}"),
            5 => format!("{{{{ {call} | toPrettyJson }}}}"),
            6 => format!("{{{{ {call} | quote }}}}"),
            _ => format!("{{{{ {call} }}}}"),
        }
    }

    /// Returns the body of a template.
    pub(crate) fn body(&mut self) -> String {
        match self.random.below(20) {
            0 => format!("{{{{ if {} }}}}A{{{{ else if {} }}}}B{{{{ else }}}}C{{{{ end }}}}", self.call(1), self.any(1)),
            1 => format!("{{{{ with {} }}}}[{{{{ . }}}}]{{{{ else }}}}none{{{{ end }}}}", self.call(1)),
            2 => {
                let over = match self.random.below(4) {
                    0 => self.from(LISTS),
                    1 => self.from(MAPS),
                    2 => self.from(INTEGERS),
                    _ => self.any(1),
                };
                let inner = self.from(&[
                    "{{ $i }}={{ $e }};",
                    "{{- $e | quote -}} ,",
                    "{{ if eq $i 1 }}{{ break }}{{ end }}{{ $e }}",
                    "{{ if $i }}{{ continue }}{{ end }}{{ $i }}",
                    "{{ $e | toJson }}\n",
                ]);
                format!("{{{{ range $i, $e := {over} }}}}{inner}{{{{ else }}}}empty{{{{ end }}}}")
            }
            3 => {
                let (first, second) = (self.any(1), self.call(1));
                format!("{{{{- $x := {first} -}}}} {{{{ $x }}}} {{{{- $x = {second} }}}} {{{{ $x }}}}")
            }
            4 => {
                let helper = self.from(&["helper.name", "helper.echo", "helper.count", "helper.nope"]);
                let given = if helper == "helper.name" { ".".to_owned() } else { self.any(1) };
                let given = if helper == "helper.count" { self.from(INTEGERS) } else { given };
                match self.random.below(2) {
                    0 => format!("{{{{ include {helper:?} {given} | upper | nindent 2 }}}}"),
                    _ => format!("{{{{ template {helper:?} {given} }}}}"),
                }
            }
            5 => {
                let text = self.from(&[
                    "`{{ .Release.Name }}-{{ 1 }}`",
                    "`{{ include \"helper.name\" . }}`",
                    "`{{ .Values.nope.x }}`",
                    "`{{ fail \"no\" }}`",
                    "`{{`",
                    "`{{ define \"q\" }}Q{{ end }}{{ template \"q\" }}`",
                    ".Values.s",
                    "`{{ range $k, $v := .Values.m }}{{ $k }}{{ end }}`",
                ]);
                format!("{{{{ tpl {text} . }}}}")
            }
            6..=8 => format!("{{{{ {} }}}}", self.printed()),
            9 => self.from(&[
                "{{ range $p, $b := .Files.Glob \"files/**\" }}{{ $p }}:{{ $b | toString | quote }};{{ end }}",
                "{{ (.Files.Glob \"files/*.txt\").AsConfig }}",
                "{{ (.Files.Glob \"files/*\").AsSecrets | indent 2 }}",
                "{{ .Files.Lines \"files/a.txt\" | toJson }}{{ .Files.Lines \"files/sub/c.txt\" | toJson }}",
                "{{ .Files.Get \"nope\" | quote }}{{ .Files.Get \"files/d.bin\" | b64enc }}",
                "{{ .Capabilities.APIVersions.Has \"apps/v1\" }} {{ .Capabilities.KubeVersion.Minor }}",
                "{{ .Capabilities.HelmVersion | toYaml }} {{ .Capabilities.KubeVersion }}",
                "{{ keys .Values.m | sortAlpha }} {{ values (dict \"a\" 1) }}",
                "{{ .Template.Name }} {{ .Template.BasePath }} {{ .Release.IsInstall }} {{ .Release.Revision }}",
                "{{ required \"gone\" .Values.nope }}",
                "{{ lookup \"v1\" \"Pod\" \"a\" \"b\" }} {{ lookup \"v1\" \"Pod\" \"\" \"\" | len }}",
                "{{ .Chart | toYaml }} {{ .Chart.Maintainers }} {{ .Chart.IsRoot }}",
                "{{/* note */}}x{{- /* note */ -}} y",
                "{{ .Values.nope.deeper }}",
                "{{ .Values.s.deeper }}",
                "{{ .Values.m.b.c }} {{ .Values.l }} {{ .Values.big }} {{ .Values.when }}",
            ]),
            _ => self.shown(),
        }
    }
}
