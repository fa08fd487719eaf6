//! Resource quantities, such as `500m` of CPU and `2Gi` of memory
//! (`k8s.io/apimachinery/pkg/api/resource`).

use aqueduct_manifest::Value;

/// An amount in thousandths of its unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quantity(pub(crate) i128);

impl Quantity {
    /// Returns whole units.
    pub(crate) fn units(units: u64) -> Self {
        Self(i128::from(units) * 1000)
    }

    /// Returns thousandths of a unit.
    pub(crate) fn millis(millis: u64) -> Self {
        Self(i128::from(millis))
    }

    /// Reads a quantity; `None` where it is none.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Int(units) => i128::from(*units).checked_mul(1000).map(Self),
            Value::Uint(units) => i128::from(*units).checked_mul(1000).map(Self),
            Value::Float(units) => Self::parse(&units.to_string()),
            Value::String(text) => Self::parse(text),
            _ => None,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let end =
            text.find(|letter: char| !matches!(letter, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
        let (number, suffix) = text.split_at_checked(end)?;
        // Amounts beyond this are nonsense, and below it no step overflows.
        let number = number.parse::<f64>().ok().filter(|number| number.abs() < 1e15)?;
        let factor: f64 = match suffix {
            "n" => 1e-9,
            "u" => 1e-6,
            "m" => 1e-3,
            "" => 1.0,
            "k" => 1e3,
            "M" => 1e6,
            "G" => 1e9,
            "T" => 1e12,
            "P" => 1e15,
            "E" => 1e18,
            "Ki" => 1024.0,
            "Mi" => 1_048_576.0,
            "Gi" => 1_073_741_824.0,
            "Ti" => 1_099_511_627_776.0,
            "Pi" => 1_125_899_906_842_624.0,
            "Ei" => 1_152_921_504_606_846_976.0,
            exponent => {
                let exponent = exponent.strip_prefix(['e', 'E'])?.parse::<i32>().ok()?;
                10_f64.powi(exponent.clamp(-20, 20))
            }
        };
        // Kubernetes rounds up what is finer than a thousandth.
        Some(Self((number * factor * 1000.0).ceil() as i128))
    }

    /// Returns the amount as CPU: `1500m` or `2`.
    pub(crate) fn cpu(self) -> String {
        if self.0 % 1000 == 0 { (self.0 / 1000).to_string() } else { format!("{}m", self.0) }
    }

    /// Returns the amount as memory or storage: `512Mi`, `1.5Gi`.
    pub(crate) fn bytes(self) -> String {
        let bytes = self.0 / 1000;
        for (unit, size) in [("Gi", 1_i128 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)] {
            if bytes >= size {
                let tenths = bytes.saturating_mul(10).div_euclid(size);
                return match tenths % 10 {
                    0 => format!("{}{unit}", tenths / 10),
                    rest => format!("{}.{rest}{unit}", tenths / 10),
                };
            }
        }
        bytes.to_string()
    }

    /// Returns the sum; it stops at the largest amount there is.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Returns the amount many times over; it stops at the largest amount there is.
    pub(crate) fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(i128::from(count)))
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        let cases = [
            ("500m", 500),
            ("2", 2000),
            ("0.5", 500),
            ("1Ki", 1_024_000),
            ("1k", 1_000_000),
            ("1e3", 1_000_000),
            ("1Gi", 1_073_741_824_000),
            ("100n", 1),
        ];
        for (text, millis) in cases {
            assert_eq!(Quantity::parse(text), Some(Quantity(millis)), "{text}");
        }
        for text in ["", "x", "1Q", "--1", "1 Gi", "1e", "1e99999999999"] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_read_well() {
        assert_eq!(Quantity(1500).cpu(), "1500m");
        assert_eq!(Quantity(2000).cpu(), "2");
        assert_eq!(Quantity::units(1_610_612_736).bytes(), "1.5Gi");
        assert_eq!(Quantity::units(512).bytes(), "512");
    }
}
