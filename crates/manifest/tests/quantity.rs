//! Properties of all amounts.

use aqueduct_manifest::Quantity;
use proptest::prelude::*;

/// Suffixes and their values in billionths.
const SUFFIXES: &[(&str, i128)] = &[
    ("n", 1),
    ("u", 1_000),
    ("m", 1_000_000),
    ("", 1_000_000_000),
    ("k", 1_000_000_000_000),
    ("e3", 1_000_000_000_000),
    ("E-3", 1_000_000),
    ("M", 1_000_000_000_000_000),
    ("Ki", 1_024_000_000_000),
    ("Mi", 1_048_576_000_000_000),
    ("Gi", 1_073_741_824_000_000_000),
];

fn read(text: &str) -> Quantity {
    text.parse().expect("the text is an amount")
}

/// Returns an amount of billionths.
fn nanos(amount: i128) -> Quantity {
    read(&format!("{amount}n"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_amount_is_its_number_times_its_suffix(
        whole in 0_i128..1_000_000,
        fraction in "[0-9]{0,12}",
        negative: bool,
        (suffix, worth) in prop::sample::select(SUFFIXES),
    ) {
        let sign = if negative { "-" } else { "" };
        let scale = 10_i128.pow(fraction.len() as u32);
        let number = whole * scale + fraction.parse::<i128>().unwrap_or(0);
        // Anything finer than a billionth is rounded away from zero.
        let amount = (number * worth + scale - 1) / scale;
        let amount = if negative { -amount } else { amount };
        prop_assert_eq!(read(&format!("{sign}{whole}.{fraction}{suffix}")), nanos(amount));
    }

    #[test]
    fn the_canonical_form_means_the_same(text in "[+-]?[0-9]{1,20}(\\.[0-9]{0,20})?([numkMGTPE]|[KMGTPE]i|[eE]-?[0-9]{1,2})?") {
        let amount = read(&text);
        let canonical = amount.to_string();
        prop_assert!(!canonical.contains('.'), "{}", canonical);
        // Anything too large is capped at the largest amount, which has no short form.
        if amount < read("1e20") && amount > read("-1e20") {
            prop_assert_eq!(read(&canonical), amount);
            prop_assert_eq!(read(&canonical).to_string(), canonical);
        }
    }

    #[test]
    fn sums_are_ordered(left in -1_000_000_i128..1_000_000, right in 0_i128..1_000_000, count in 0_u64..1000) {
        prop_assert_eq!(nanos(left).plus(nanos(right)), nanos(left + right));
        prop_assert_eq!(nanos(left).times(count), nanos(left * i128::from(count)));
        prop_assert_eq!(nanos(left).cmp(&nanos(right)), left.cmp(&right));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
        let _ = text.parse::<Quantity>();
    }
}
