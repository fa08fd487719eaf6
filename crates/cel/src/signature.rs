//! The parameters and results of each function, one line each: the table for checking expressions.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::types::ExpressionType;

/// One way to call a function; the first parameter of a method is its target.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub(crate) is_method: bool,
    pub(crate) parameters: Vec<ExpressionType>,
    pub(crate) result: ExpressionType,
}

/// `name(parameters) result`, or `target::name(parameters) result` for a method. A capital letter is any type; the same
/// letter is the same type.
const TABLE: &str = "
_+_(int, int) int
_+_(uint, uint) uint
_+_(double, double) double
_+_(string, string) string
_+_(bytes, bytes) bytes
_+_(list(A), list(A)) list(A)
_+_(timestamp, duration) timestamp
_+_(duration, timestamp) timestamp
_+_(duration, duration) duration
_-_(int, int) int
_-_(uint, uint) uint
_-_(double, double) double
_-_(timestamp, timestamp) duration
_-_(timestamp, duration) timestamp
_-_(duration, duration) duration
_*_(int, int) int
_*_(uint, uint) uint
_*_(double, double) double
_/_(int, int) int
_/_(uint, uint) uint
_/_(double, double) double
_%_(int, int) int
_%_(uint, uint) uint
-_(int) int
-_(double) double
!_(bool) bool
_&&_(bool, bool) bool
_||_(bool, bool) bool
_?_:_(bool, A, A) A
_==_(A, A) bool
_!=_(A, A) bool
@not_strictly_false(bool) bool
@in(A, list(A)) bool
@in(A, map(A, B)) bool
_[_](list(A), int) A
_[_](map(A, B), A) B
_[_](optional(list(A)), int) optional(A)
_[_](optional(map(A, B)), A) optional(B)
_[?_](list(A), int) optional(A)
_[?_](map(A, B), A) optional(B)
_[?_](optional(list(A)), int) optional(A)
_[?_](optional(map(A, B)), A) optional(B)
size(string) int
size(bytes) int
size(list(A)) int
size(map(A, B)) int
string::size() int
bytes::size() int
list(A)::size() int
map(A, B)::size() int
dyn(A) dyn
type(A) type
bool(bool) bool
bool(string) bool
int(int) int
int(uint) int
int(double) int
int(string) int
int(timestamp) int
uint(uint) uint
uint(int) uint
uint(double) uint
uint(string) uint
double(double) double
double(int) double
double(uint) double
double(string) double
string(string) string
string(bool) string
string(int) string
string(uint) string
string(double) string
string(bytes) string
string(timestamp) string
string(duration) string
string(ip) string
string(cidr) string
bytes(bytes) bytes
bytes(string) bytes
timestamp(timestamp) timestamp
timestamp(string) timestamp
timestamp(int) timestamp
duration(duration) duration
duration(string) duration
duration(int) duration
string::contains(string) bool
string::startsWith(string) bool
string::endsWith(string) bool
string::matches(string) bool
matches(string, string) bool
duration::getHours() int
duration::getMinutes() int
duration::getSeconds() int
duration::getMilliseconds() int
optional.of(A) optional(A)
optional.ofNonZeroValue(A) optional(A)
optional.none() optional(A)
optional(A)::hasValue() bool
optional(A)::value() A
optional(A)::or(optional(A)) optional(A)
optional(A)::orValue(A) A
string::charAt(int) string
string::indexOf(string) int
string::indexOf(string, int) int
string::lastIndexOf(string) int
string::lastIndexOf(string, int) int
string::lowerAscii() string
string::upperAscii() string
string::trim() string
string::replace(string, string) string
string::replace(string, string, int) string
string::split(string) list(string)
string::split(string, int) list(string)
string::substring(int) string
string::substring(int, int) string
string::format(list(dyn)) string
string::find(string) string
string::findAll(string) list(string)
string::findAll(string, int) list(string)
strings.quote(string) string
list(string)::join() string
list(string)::join(string) string
list(A)::isSorted() bool
list(int)::sum() int
list(uint)::sum() uint
list(double)::sum() double
list(duration)::sum() duration
list(A)::min() A
list(A)::max() A
list(A)::indexOf(A) int
list(A)::lastIndexOf(A) int
list(A)::slice(int, int) list(A)
list(A)::flatten() list(dyn)
list(A)::flatten(int) list(dyn)
list(A)::distinct() list(A)
list(A)::reverse() list(A)
list(A)::sort() list(A)
list(A)::@sortByAssociatedKeys(list(B)) list(A)
lists.range(int) list(int)
sets.contains(list(A), list(A)) bool
sets.equivalent(list(A), list(A)) bool
sets.intersects(list(A), list(A)) bool
quantity(string) quantity
isQuantity(string) bool
sign(quantity) int
quantity::isInteger() bool
quantity::asInteger() int
quantity::asApproximateFloat() double
quantity::add(quantity) quantity
quantity::add(int) quantity
quantity::sub(quantity) quantity
quantity::sub(int) quantity
quantity::isGreaterThan(quantity) bool
quantity::isLessThan(quantity) bool
quantity::compareTo(quantity) int
semver(string) semver
semver(string, bool) semver
isSemver(string) bool
isSemver(string, bool) bool
semver::major() int
semver::minor() int
semver::patch() int
semver::isGreaterThan(semver) bool
semver::isLessThan(semver) bool
semver::compareTo(semver) int
url(string) url
isURL(string) bool
url::getScheme() string
url::getHost() string
url::getHostname() string
url::getPort() string
url::getEscapedPath() string
url::getQuery() map(string, list(string))
ip(string) ip
isIP(string) bool
ip.isCanonical(string) bool
ip::family() int
ip::isUnspecified() bool
ip::isLoopback() bool
ip::isLinkLocalMulticast() bool
ip::isLinkLocalUnicast() bool
ip::isGlobalUnicast() bool
cidr(string) cidr
isCIDR(string) bool
cidr::containsIP(ip) bool
cidr::containsIP(string) bool
cidr::containsCIDR(cidr) bool
cidr::containsCIDR(string) bool
cidr::ip() ip
cidr::masked() cidr
cidr::prefixLength() int
format.named(string) optional(format)
format.dns1123Label() format
format.dns1123Subdomain() format
format.dns1035Label() format
format.qualifiedName() format
format.dns1123LabelPrefix() format
format.dns1123SubdomainPrefix() format
format.dns1035LabelPrefix() format
format.labelValue() format
format.uri() format
format.uuid() format
format.byte() format
format.date() format
format.datetime() format
format::validate(string) optional(list(string))
authorizer::path(string) authorizerPath
authorizer::group(string) authorizerGroup
authorizer::serviceAccount(string, string) authorizer
authorizerPath::check(string) authorizerDecision
authorizerGroup::resource(string) authorizerResource
authorizerResource::subresource(string) authorizerResource
authorizerResource::namespace(string) authorizerResource
authorizerResource::name(string) authorizerResource
authorizerResource::fieldSelector(string) authorizerResource
authorizerResource::labelSelector(string) authorizerResource
authorizerResource::check(string) authorizerDecision
authorizerDecision::allowed() bool
authorizerDecision::reason() string
authorizerDecision::error() string
authorizerDecision::errored() bool
";

/// The parts of a timestamp, each with and without a time zone.
const TIME_PARTS: [&str; 10] = [
    "getFullYear",
    "getMonth",
    "getDayOfYear",
    "getDayOfMonth",
    "getDate",
    "getDayOfWeek",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
];

/// The types that only functions can use, by their names in the table.
const OPAQUE: [(&str, &str); 11] = [
    ("quantity", "kubernetes.Quantity"),
    ("semver", "kubernetes.Semver"),
    ("url", "kubernetes.URL"),
    ("ip", "net.IP"),
    ("cidr", "net.CIDR"),
    ("format", "kubernetes.NamedFormat"),
    ("authorizer", "kubernetes.authorization.Authorizer"),
    ("authorizerPath", "kubernetes.authorization.PathCheck"),
    ("authorizerGroup", "kubernetes.authorization.GroupCheck"),
    ("authorizerResource", "kubernetes.authorization.ResourceCheck"),
    ("authorizerDecision", "kubernetes.authorization.Decision"),
];

/// Returns the ways to call each function.
pub(crate) fn signatures() -> &'static BTreeMap<String, Vec<Signature>> {
    static ALL: LazyLock<BTreeMap<String, Vec<Signature>>> = LazyLock::new(read_table);
    &ALL
}

fn read_table() -> BTreeMap<String, Vec<Signature>> {
    let mut all: BTreeMap<String, Vec<Signature>> = BTreeMap::new();
    let mut add = |name: &str, signature| all.entry(name.to_owned()).or_default().push(signature);
    for line in TABLE.lines().filter(|line| !line.is_empty()) {
        let (target, rest) = match line.split_once("::") {
            Some((target, rest)) => (Some(target), rest),
            None => (None, line),
        };
        let (name, rest) = rest.split_at(rest.find('(').unwrap_or(rest.len()));
        let end = closing(rest);
        let parameters = split(&rest[1..end]).into_iter();
        let parameters = target.into_iter().chain(parameters).map(read_type).collect();
        add(
            name,
            Signature { is_method: target.is_some(), parameters, result: read_type(rest[end + 1..].trim()) },
        );
    }
    for part in TIME_PARTS {
        for zone in [&[][..], &[ExpressionType::String]] {
            let parameters = [&[ExpressionType::Timestamp], zone].concat();
            add(part, Signature { is_method: true, parameters, result: ExpressionType::Int });
        }
    }
    const NUMBERS: [ExpressionType; 3] = [ExpressionType::Int, ExpressionType::Uint, ExpressionType::Double];
    const ORDERED: [ExpressionType; 5] = [
        ExpressionType::Bool,
        ExpressionType::String,
        ExpressionType::Bytes,
        ExpressionType::Timestamp,
        ExpressionType::Duration,
    ];
    for name in ["_<_", "_<=_", "_>_", "_>=_"] {
        let pairs = NUMBERS.iter().flat_map(|left| NUMBERS.iter().map(move |right| (left, right)));
        for (left, right) in pairs.chain(ORDERED.iter().map(|one| (one, one))) {
            let parameters = vec![left.clone(), right.clone()];
            add(name, Signature { is_method: false, parameters, result: ExpressionType::Bool });
        }
    }
    all
}

/// Returns the position of the parenthesis that closes the first one.
fn closing(text: &str) -> usize {
    let mut depth = 0;
    for (place, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place;
        }
    }
    text.len().saturating_sub(1)
}

/// Splits a list at its top-level commas.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (place, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..place].trim());
                start = place + 1;
            }
            _ => {}
        }
    }
    if !text.trim().is_empty() {
        parts.push(text[start..].trim());
    }
    parts
}

fn read_type(text: &str) -> ExpressionType {
    if let Some((outer, inner)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        let mut parts = split(inner).into_iter().map(read_type);
        let first = parts.next().unwrap_or(ExpressionType::Dyn);
        return match outer {
            "list" => ExpressionType::list(first),
            "optional" => ExpressionType::optional(first),
            _ => ExpressionType::map(first, parts.next().unwrap_or(ExpressionType::Dyn)),
        };
    }
    match text {
        "bool" => ExpressionType::Bool,
        "int" => ExpressionType::Int,
        "uint" => ExpressionType::Uint,
        "double" => ExpressionType::Double,
        "string" => ExpressionType::String,
        "bytes" => ExpressionType::Bytes,
        "timestamp" => ExpressionType::Timestamp,
        "duration" => ExpressionType::Duration,
        "type" => ExpressionType::Type,
        "dyn" => ExpressionType::Dyn,
        _ => match OPAQUE.iter().find(|(name, _)| *name == text) {
            Some((_, name)) => ExpressionType::Opaque(name),
            None => ExpressionType::Parameter(text.chars().next().unwrap_or('A')),
        },
    }
}
