//! The functions of Helm's templates: sprig's and Helm's own, except those that need the engine (`include`, `tpl`,
//! `required`, `fail`, `lookup`).
//!
//! [`ALL`] lists them all with the types of their parameters and marks those that ask the host. A function receives
//! checked arguments and works on Go values. For whatever differs from run to run (the clock, randomness, name
//! lookups) it asks the call.

mod arguments;
mod calendar;
mod certificates;
mod dates;
mod decimals;
mod defaults;
mod dicts;
mod duration;
mod encoding;
mod hashes;
mod json;
mod keys;
mod length;
mod lists;
mod merge;
mod numbers;
mod passwords;
mod paths;
mod pem;
mod print;
mod random;
mod regex_escape;
mod regex_refusal;
mod regex_syntax;
mod regexes;
pub mod semver;
mod strings;
mod time;
mod time_layout;
mod time_parse;
mod time_units;
mod toml_fault;
mod toml_key;
mod toml_read;
mod toml_write;
mod url;
mod versions;
mod words;
mod yaml;
mod yaml_pretty;

use crate::template::{Asks, Function, Special};
use crate::value::{Kind, Type};

pub use duration::parse as parse_duration;
pub(crate) use regex_syntax::check as check_expression;
pub(crate) use time::{STRING_METHOD, TIME_METHODS};
pub(crate) use time_parse::parse as parse_time;
pub(crate) use time_units::DURATION_METHODS;
pub(crate) use url::is_absolute as parse_url;
pub(crate) use versions::METHODS as SEMVER_METHODS;

use certificates::CERTIFICATE;
use time::TIME;

/// Every function, in the byte order of the names.
#[rustfmt::skip]
pub static ALL: &[Function] = &[
    Function::new("abbrev", &[Type::INT, Type::String], words::abbrev),
    Function::new("abbrevboth", &[Type::INT, Type::INT, Type::String], words::abbrevboth),
    Function::variadic("add", &[], Type::Any, numbers::add),
    Function::new("add1", &[Type::Any], numbers::add1),
    Function::new("add1f", &[Type::Any], decimals::add1f),
    Function::variadic("addf", &[], Type::Any, decimals::addf),
    Function::new("adler32sum", &[Type::String], hashes::adler32sum),
    Function::new("ago", &[Type::Any], dates::ago).asking(Asks::Always),
    Function::variadic("all", &[], Type::Any, defaults::all),
    Function::variadic("any", &[], Type::Any, defaults::any),
    Function::new("append", &[Type::Any, Type::Any], lists::append),
    Function::new("atoi", &[Type::String], numbers::atoi),
    Function::new("b32dec", &[Type::String], encoding::b32dec),
    Function::new("b32enc", &[Type::String], encoding::b32enc),
    Function::new("b64dec", &[Type::String], encoding::b64dec),
    Function::new("b64enc", &[Type::String], encoding::b64enc),
    Function::new("base", &[Type::String], paths::base),
    Function::new("bcrypt", &[Type::String], passwords::bcrypt).asking(Asks::Always),
    Function::variadic("biggest", &[Type::Any], Type::Any, numbers::max),
    Function::new("buildCustomCert", &[Type::String, Type::String], certificates::build_custom_cert),
    Function::new("camelcase", &[Type::String], words::camelcase),
    Function::variadic("cat", &[], Type::Any, strings::cat).special(Special::Walks),
    Function::new("ceil", &[Type::Any], decimals::ceil),
    Function::new("chunk", &[Type::INT, Type::Any], lists::chunk),
    Function::new("clean", &[Type::String], paths::clean),
    Function::variadic("coalesce", &[], Type::Any, defaults::coalesce),
    Function::new("compact", &[Type::Any], lists::compact),
    Function::variadic("concat", &[], Type::Any, lists::concat),
    Function::new("contains", &[Type::String, Type::String], strings::contains),
    Function::new("date", &[Type::String, Type::Any], dates::date).asking(Asks::Sometimes),
    Function::new("dateInZone", &[Type::String, Type::Any, Type::String], dates::date_in_zone).asking(Asks::Sometimes),
    Function::new("dateModify", &[Type::String, TIME], dates::date_modify),
    Function::new("date_in_zone", &[Type::String, Type::Any, Type::String], dates::date_in_zone).asking(Asks::Sometimes),
    Function::new("date_modify", &[Type::String, TIME], dates::date_modify),
    Function::new("decryptAES", &[Type::String, Type::String], passwords::decrypt_aes),
    Function::new("deepCopy", &[Type::Any], dicts::deep_copy),
    Function::new("deepEqual", &[Type::Any, Type::Any], defaults::deep_equal),
    Function::variadic("default", &[Type::Any], Type::Any, defaults::default),
    Function::new("derivePassword", &[Type::Integer(Kind::Uint32), Type::String, Type::String, Type::String, Type::String], passwords::derive_password),
    Function::variadic("dict", &[], Type::Any, dicts::dict),
    Function::variadic("dig", &[], Type::Any, dicts::dig),
    Function::new("dir", &[Type::String], paths::dir),
    Function::new("div", &[Type::Any, Type::Any], numbers::div),
    Function::variadic("divf", &[Type::Any], Type::Any, decimals::divf),
    Function::new("duration", &[Type::Any], dates::duration),
    Function::new("durationDays", &[Type::Any], dates::duration_days),
    Function::new("durationHours", &[Type::Any], dates::duration_hours),
    Function::new("durationMicroseconds", &[Type::Any], dates::duration_microseconds),
    Function::new("durationMilliseconds", &[Type::Any], dates::duration_milliseconds),
    Function::new("durationMinutes", &[Type::Any], dates::duration_minutes),
    Function::new("durationNanoseconds", &[Type::Any], dates::duration_nanoseconds),
    Function::new("durationRound", &[Type::Any], dates::duration_round).asking(Asks::Sometimes),
    Function::new("durationRoundTo", &[Type::Any, Type::Any], dates::duration_round_to),
    Function::new("durationSeconds", &[Type::Any], dates::duration_seconds),
    Function::new("durationTruncateTo", &[Type::Any, Type::Any], dates::duration_truncate_to),
    Function::new("durationWeeks", &[Type::Any], dates::duration_weeks),
    Function::new("empty", &[Type::Any], defaults::empty),
    Function::new("encryptAES", &[Type::String, Type::String], passwords::encrypt_aes).asking(Asks::Always),
    Function::new("ext", &[Type::String], paths::ext),
    Function::new("first", &[Type::Any], lists::first),
    Function::new("float64", &[Type::Any], decimals::float64),
    Function::new("floor", &[Type::Any], decimals::floor),
    Function::new("fromJson", &[Type::String], json::from_json).special(Special::Reads),
    Function::new("fromJsonArray", &[Type::String], json::from_json_array).special(Special::Reads),
    Function::new("fromToml", &[Type::String], toml_read::from_toml).special(Special::Reads),
    Function::new("fromYaml", &[Type::String], yaml::from_yaml).special(Special::Reads),
    Function::new("fromYamlArray", &[Type::String], yaml::from_yaml_array).special(Special::Reads),
    Function::new("genCA", &[Type::String, Type::INT], certificates::gen_ca).asking(Asks::Always),
    Function::new("genCAWithKey", &[Type::String, Type::INT, Type::String], certificates::gen_ca_with_key).asking(Asks::Always),
    Function::new("genPrivateKey", &[Type::String], keys::gen_private_key).asking(Asks::Always),
    Function::new("genSelfSignedCert", &[Type::String, Type::LIST, Type::LIST, Type::INT], certificates::gen_self_signed_cert).asking(Asks::Always),
    Function::new("genSelfSignedCertWithKey", &[Type::String, Type::LIST, Type::LIST, Type::INT, Type::String], certificates::gen_self_signed_cert_with_key).asking(Asks::Always),
    Function::new("genSignedCert", &[Type::String, Type::LIST, Type::LIST, Type::INT, CERTIFICATE], certificates::gen_signed_cert).asking(Asks::Always),
    Function::new("genSignedCertWithKey", &[Type::String, Type::LIST, Type::LIST, Type::INT, CERTIFICATE, Type::String], certificates::gen_signed_cert_with_key).asking(Asks::Always),
    Function::new("get", &[Type::MAP, Type::String], dicts::get),
    Function::new("getHostByName", &[Type::String], random::get_host_by_name).asking(Asks::Always),
    Function::new("has", &[Type::Any, Type::Any], lists::has),
    Function::new("hasKey", &[Type::MAP, Type::String], dicts::has_key),
    Function::new("hasPrefix", &[Type::String, Type::String], strings::has_prefix),
    Function::new("hasSuffix", &[Type::String, Type::String], strings::has_suffix),
    Function::new("hello", &[], strings::hello),
    Function::new("htmlDate", &[Type::Any], dates::html_date).asking(Asks::Sometimes),
    Function::new("htmlDateInZone", &[Type::Any, Type::String], dates::html_date_in_zone).asking(Asks::Sometimes),
    Function::new("htpasswd", &[Type::String, Type::String], passwords::htpasswd).asking(Asks::Always),
    Function::new("indent", &[Type::INT, Type::String], strings::indent),
    Function::new("initial", &[Type::Any], lists::initial),
    Function::new("initials", &[Type::String], words::initials),
    Function::new("int", &[Type::Any], numbers::int),
    Function::new("int64", &[Type::Any], numbers::to_int64),
    Function::new("isAbs", &[Type::String], paths::is_abs),
    Function::new("join", &[Type::String, Type::Any], strings::join).special(Special::Walks),
    Function::new("kebabcase", &[Type::String], words::kebabcase),
    Function::variadic("keys", &[], Type::MAP, dicts::keys),
    Function::new("kindIs", &[Type::String, Type::Any], defaults::kind_is),
    Function::new("kindOf", &[Type::Any], defaults::kind_of),
    Function::new("last", &[Type::Any], lists::last),
    Function::variadic("list", &[], Type::Any, lists::list),
    Function::new("lower", &[Type::String], words::lower),
    Function::variadic("max", &[Type::Any], Type::Any, numbers::max),
    Function::variadic("maxf", &[Type::Any], Type::Any, decimals::maxf),
    Function::variadic("merge", &[Type::MAP], Type::MAP, merge::merge),
    Function::variadic("mergeOverwrite", &[Type::MAP], Type::MAP, merge::merge_overwrite),
    Function::variadic("min", &[Type::Any], Type::Any, numbers::min),
    Function::variadic("minf", &[Type::Any], Type::Any, decimals::minf),
    Function::new("mod", &[Type::Any, Type::Any], numbers::modulo),
    Function::variadic("mul", &[Type::Any], Type::Any, numbers::mul),
    Function::variadic("mulf", &[Type::Any], Type::Any, decimals::mulf),
    Function::new("mustAppend", &[Type::Any, Type::Any], lists::append),
    Function::new("mustChunk", &[Type::INT, Type::Any], lists::chunk),
    Function::new("mustCompact", &[Type::Any], lists::compact),
    Function::new("mustDateModify", &[Type::String, TIME], dates::must_date_modify),
    Function::new("mustDeepCopy", &[Type::Any], dicts::deep_copy),
    Function::new("mustFirst", &[Type::Any], lists::first),
    Function::new("mustFromJson", &[Type::String], json::must_from_json).special(Special::Reads),
    Function::new("mustHas", &[Type::Any, Type::Any], lists::has),
    Function::new("mustInitial", &[Type::Any], lists::initial),
    Function::new("mustLast", &[Type::Any], lists::last),
    Function::variadic("mustMerge", &[Type::MAP], Type::MAP, merge::merge),
    Function::variadic("mustMergeOverwrite", &[Type::MAP], Type::MAP, merge::merge_overwrite),
    Function::new("mustPrepend", &[Type::Any, Type::Any], lists::prepend),
    Function::new("mustPush", &[Type::Any, Type::Any], lists::append),
    Function::new("mustRegexFind", &[Type::String, Type::String], regexes::must_regex_find),
    Function::new("mustRegexFindAll", &[Type::String, Type::String, Type::INT], regexes::must_regex_find_all),
    Function::new("mustRegexMatch", &[Type::String, Type::String], regexes::must_regex_match),
    Function::new("mustRegexReplaceAll", &[Type::String, Type::String, Type::String], regexes::must_regex_replace_all),
    Function::new("mustRegexReplaceAllLiteral", &[Type::String, Type::String, Type::String], regexes::must_regex_replace_all_literal),
    Function::new("mustRegexSplit", &[Type::String, Type::String, Type::INT], regexes::must_regex_split),
    Function::new("mustRest", &[Type::Any], lists::rest),
    Function::new("mustReverse", &[Type::Any], lists::reverse),
    Function::variadic("mustSlice", &[Type::Any], Type::Any, lists::slice),
    Function::new("mustToDate", &[Type::String, Type::String], dates::must_to_date),
    Function::new("mustToDuration", &[Type::Any], dates::must_to_duration),
    Function::new("mustToJson", &[Type::Any], json::must_to_json).special(Special::Walks),
    Function::new("mustToPrettyJson", &[Type::Any], json::must_to_pretty_json).special(Special::Walks),
    Function::new("mustToRawJson", &[Type::Any], json::must_to_raw_json).special(Special::Walks),
    Function::new("mustToToml", &[Type::Any], toml_write::must_to_toml).special(Special::Walks),
    Function::new("mustToYaml", &[Type::Any], yaml::must_to_yaml).special(Special::Walks),
    Function::new("mustUniq", &[Type::Any], lists::uniq),
    Function::variadic("mustWithout", &[Type::Any], Type::Any, lists::without),
    Function::new("must_date_modify", &[Type::String, TIME], dates::must_date_modify),
    Function::new("nindent", &[Type::INT, Type::String], strings::nindent),
    Function::new("nospace", &[Type::String], words::nospace),
    Function::new("now", &[], dates::now).asking(Asks::Always),
    Function::variadic("omit", &[Type::MAP], Type::String, dicts::omit),
    Function::new("osBase", &[Type::String], paths::base),
    Function::new("osClean", &[Type::String], paths::clean),
    Function::new("osDir", &[Type::String], paths::dir),
    Function::new("osExt", &[Type::String], paths::ext),
    Function::new("osIsAbs", &[Type::String], paths::is_abs),
    Function::variadic("pick", &[Type::MAP], Type::String, dicts::pick),
    Function::variadic("pluck", &[Type::String], Type::MAP, dicts::pluck),
    Function::new("plural", &[Type::String, Type::String, Type::INT], strings::plural),
    Function::new("prepend", &[Type::Any, Type::Any], lists::prepend),
    Function::new("push", &[Type::Any, Type::Any], lists::append),
    Function::variadic("quote", &[], Type::Any, strings::quote).special(Special::Walks),
    Function::new("randAlpha", &[Type::INT], random::rand_alpha).asking(Asks::Always),
    Function::new("randAlphaNum", &[Type::INT], random::rand_alpha_num).asking(Asks::Always),
    Function::new("randAscii", &[Type::INT], random::rand_ascii).asking(Asks::Always),
    Function::new("randBytes", &[Type::INT], random::rand_bytes).asking(Asks::Always),
    Function::new("randInt", &[Type::INT, Type::INT], random::rand_int).asking(Asks::Always),
    Function::new("randNumeric", &[Type::INT], random::rand_numeric).asking(Asks::Always),
    Function::new("regexFind", &[Type::String, Type::String], regexes::regex_find),
    Function::new("regexFindAll", &[Type::String, Type::String, Type::INT], regexes::regex_find_all),
    Function::new("regexMatch", &[Type::String, Type::String], regexes::regex_match),
    Function::new("regexQuoteMeta", &[Type::String], regexes::regex_quote_meta),
    Function::new("regexReplaceAll", &[Type::String, Type::String, Type::String], regexes::regex_replace_all),
    Function::new("regexReplaceAllLiteral", &[Type::String, Type::String, Type::String], regexes::regex_replace_all_literal),
    Function::new("regexSplit", &[Type::String, Type::String, Type::INT], regexes::regex_split),
    Function::new("repeat", &[Type::INT, Type::String], strings::repeat),
    Function::new("replace", &[Type::String, Type::String, Type::String], strings::replace),
    Function::new("rest", &[Type::Any], lists::rest),
    Function::new("reverse", &[Type::Any], lists::reverse),
    Function::variadic("round", &[Type::Any, Type::INT], Type::Float, decimals::round),
    Function::new("semver", &[Type::String], versions::semver).special(Special::Reads),
    Function::new("semverCompare", &[Type::String, Type::String], versions::semver_compare).special(Special::Reads),
    Function::variadic("seq", &[], Type::INT, numbers::seq),
    Function::new("set", &[Type::MAP, Type::String, Type::Any], dicts::set),
    Function::new("sha1sum", &[Type::String], hashes::sha1sum),
    Function::new("sha256sum", &[Type::String], hashes::sha256sum),
    Function::new("sha512sum", &[Type::String], hashes::sha512sum),
    Function::new("shuffle", &[Type::String], random::shuffle).asking(Asks::Always),
    Function::variadic("slice", &[Type::Any], Type::Any, lists::slice),
    Function::new("snakecase", &[Type::String], words::snakecase),
    Function::new("sortAlpha", &[Type::Any], strings::sort_alpha).special(Special::Walks),
    Function::new("split", &[Type::String, Type::String], strings::split),
    Function::new("splitList", &[Type::String, Type::String], strings::split_list),
    Function::new("splitn", &[Type::String, Type::INT, Type::String], strings::splitn),
    Function::variadic("squote", &[], Type::Any, strings::squote).special(Special::Walks),
    Function::new("sub", &[Type::Any, Type::Any], numbers::sub),
    Function::variadic("subf", &[Type::Any], Type::Any, decimals::subf),
    Function::new("substr", &[Type::INT, Type::INT, Type::String], strings::substr),
    Function::new("swapcase", &[Type::String], words::swapcase),
    Function::new("ternary", &[Type::Any, Type::Any, Type::Bool], defaults::ternary),
    Function::new("title", &[Type::String], words::title),
    Function::new("toDate", &[Type::String, Type::String], dates::to_date),
    Function::new("toDecimal", &[Type::Any], numbers::to_decimal),
    Function::new("toJson", &[Type::Any], json::to_json).special(Special::Walks),
    Function::new("toPrettyJson", &[Type::Any], json::to_pretty_json).special(Special::Walks),
    Function::new("toRawJson", &[Type::Any], json::to_raw_json).special(Special::Walks),
    Function::new("toString", &[Type::Any], strings::to_string).special(Special::Walks),
    Function::new("toStrings", &[Type::Any], strings::to_strings).special(Special::Walks),
    Function::new("toToml", &[Type::Any], toml_write::to_toml).special(Special::Walks),
    Function::new("toYaml", &[Type::Any], yaml::to_yaml).special(Special::Walks),
    Function::new("toYamlPretty", &[Type::Any], yaml::to_yaml_pretty).special(Special::Walks),
    Function::new("trim", &[Type::String], strings::trim),
    Function::new("trimAll", &[Type::String, Type::String], strings::trim_all),
    Function::new("trimPrefix", &[Type::String, Type::String], strings::trim_prefix),
    Function::new("trimSuffix", &[Type::String, Type::String], strings::trim_suffix),
    Function::new("trimall", &[Type::String, Type::String], strings::trim_all),
    Function::new("trunc", &[Type::INT, Type::String], strings::trunc),
    Function::variadic("tuple", &[], Type::Any, lists::list),
    Function::new("typeIs", &[Type::String, Type::Any], defaults::type_is),
    Function::new("typeIsLike", &[Type::String, Type::Any], defaults::type_is_like),
    Function::new("typeOf", &[Type::Any], defaults::type_of),
    Function::new("uniq", &[Type::Any], lists::uniq),
    Function::new("unixEpoch", &[TIME], dates::unix_epoch),
    Function::new("unset", &[Type::MAP, Type::String], dicts::unset),
    Function::new("until", &[Type::INT], numbers::until),
    Function::new("untilStep", &[Type::INT, Type::INT, Type::INT], numbers::until_step),
    Function::new("untitle", &[Type::String], words::untitle),
    Function::new("upper", &[Type::String], words::upper),
    Function::new("urlJoin", &[Type::MAP], url::url_join).special(Special::Reads),
    Function::new("urlParse", &[Type::String], url::url_parse).special(Special::Reads),
    Function::new("uuidv4", &[], random::uuidv4).asking(Asks::Always),
    Function::new("values", &[Type::MAP], dicts::values),
    Function::variadic("without", &[Type::Any], Type::Any, lists::without),
    Function::new("wrap", &[Type::INT, Type::String], words::wrap),
    Function::new("wrapWith", &[Type::INT, Type::String, Type::String], words::wrap_with),
];
