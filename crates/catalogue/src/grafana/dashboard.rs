//! Dashboards in Grafana's format: rows of panels, laid out from left to right. Source:
//! <https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/>.

use aqueduct_manifest::{List, Map, Value};

use crate::values::{list, map};

/// The width of a dashboard in Grafana's units.
const WIDTH: i64 = 24;

/// A dashboard that is generated from the model.
pub(super) struct Dashboard {
    /// The title.
    pub(super) title: String,
    /// The tags for searching.
    pub(super) tags: Vec<String>,
    /// The variables at its top.
    pub(super) variables: Vec<Variable>,
    /// The rows.
    pub(super) rows: Vec<Row>,
}

/// A variable at the top of a dashboard: the values of a label.
pub(super) struct Variable {
    /// The name, used as `$name`.
    pub(super) name: &'static str,
    /// The query, such as `label_values(up, job)`.
    pub(super) query: &'static str,
}

/// Panels under one heading.
pub(super) struct Row {
    /// The heading.
    pub(super) title: &'static str,
    /// The panels.
    pub(super) panels: Vec<Panel>,
}

/// One panel.
pub(super) struct Panel {
    title: &'static str,
    form: Form,
    unit: &'static str,
    queries: Vec<(String, &'static str)>,
}

/// The appearance of a panel.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Graph,
    Number,
    Bars,
    Logs,
}

impl Panel {
    /// Returns a panel with lines over time; each query has a legend such as `{{pod}}`.
    pub(super) fn graph(
        title: &'static str,
        unit: &'static str,
        queries: Vec<(String, &'static str)>,
    ) -> Self {
        Self { title, form: Form::Graph, unit, queries }
    }

    /// Returns a panel with one current number.
    pub(super) fn number(title: &'static str, unit: &'static str, query: String) -> Self {
        Self { title, form: Form::Number, unit, queries: vec![(query, "")] }
    }

    /// Returns a panel with current shares of a whole, one bar each.
    pub(super) fn bars(title: &'static str, query: String, legend: &'static str) -> Self {
        Self { title, form: Form::Bars, unit: "percentunit", queries: vec![(query, legend)] }
    }

    /// Returns a panel with log lines.
    pub(super) fn logs(title: &'static str, query: String) -> Self {
        Self { title, form: Form::Logs, unit: "", queries: vec![(query, "")] }
    }

    fn size(&self) -> (i64, i64) {
        match self.form {
            Form::Graph => (12, 8),
            Form::Number => (4, 4),
            Form::Bars => (12, 8),
            Form::Logs => (WIDTH, 12),
        }
    }

    fn value(&self, id: i64, place: (i64, i64)) -> Value {
        let (width, height) = self.size();
        let source = || match self.form {
            Form::Logs => map([("type", "loki".into()), ("uid", "loki".into())]),
            _ => map([("type", "prometheus".into()), ("uid", "prometheus".into())]),
        };
        let (kind, options) = match self.form {
            Form::Graph => (
                "timeseries",
                map([
                    (
                        "legend",
                        map([
                            ("displayMode", "list".into()),
                            ("placement", "bottom".into()),
                            ("showLegend", true.into()),
                        ]),
                    ),
                    ("tooltip", map([("mode", "multi".into()), ("sort", "desc".into())])),
                ]),
            ),
            Form::Number => (
                "stat",
                map([("colorMode", "value".into()), ("graphMode", "area".into()), ("reduceOptions", last())]),
            ),
            Form::Bars => (
                "bargauge",
                map([
                    ("displayMode", "basic".into()),
                    ("orientation", "horizontal".into()),
                    ("reduceOptions", last()),
                ]),
            ),
            Form::Logs => (
                "logs",
                map([
                    ("enableLogDetails", true.into()),
                    ("showTime", true.into()),
                    ("sortOrder", "Descending".into()),
                    ("wrapLogMessage", true.into()),
                ]),
            ),
        };
        let instant = matches!(self.form, Form::Bars);
        let targets = self.queries.iter().zip('A'..='Z').map(|((query, legend), letter)| {
            let mut target = Map::new();
            target.insert("datasource", source());
            target.insert("expr", query.as_str());
            target.insert("refId", letter.to_string());
            if !legend.is_empty() {
                target.insert("legendFormat", *legend);
            }
            if instant {
                target.insert("instant", true);
            }
            Value::from(target)
        });
        let mut defaults = Map::new();
        if !self.unit.is_empty() {
            defaults.insert("unit", self.unit);
        }
        if self.form == Form::Graph {
            defaults.insert("min", 0_i64);
            defaults.insert(
                "custom",
                map([
                    ("fillOpacity", 10_i64.into()),
                    ("lineWidth", 1_i64.into()),
                    ("showPoints", "never".into()),
                ]),
            );
        }
        if self.form == Form::Bars {
            defaults.insert("min", 0_i64);
            defaults.insert("max", 1_i64);
            defaults.insert("thresholds", thresholds());
        }
        map([
            ("id", id.into()),
            ("type", kind.into()),
            ("title", self.title.into()),
            ("datasource", source()),
            ("gridPos", place_of(place, width, height)),
            ("fieldConfig", map([("defaults", defaults.into()), ("overrides", List::new().into())])),
            ("options", options),
            ("targets", Value::List(targets.collect())),
        ])
    }
}

fn last() -> Value {
    map([("calcs", list(["lastNotNull".into()])), ("fields", "".into()), ("values", false.into())])
}

/// Green, yellow from 70 percent, red from 90 percent.
fn thresholds() -> Value {
    let step = |color: &str, value: Value| map([("color", color.into()), ("value", value)]);
    let steps = [step("green", Value::Null), step("yellow", 0.7.into()), step("red", 0.9.into())];
    map([("mode", "absolute".into()), ("steps", list(steps))])
}

fn place_of((x, y): (i64, i64), width: i64, height: i64) -> Value {
    map([("h", height.into()), ("w", width.into()), ("x", x.into()), ("y", y.into())])
}

impl Dashboard {
    /// Returns the dashboard in Grafana's format.
    pub(super) fn value(&self) -> Value {
        let mut panels = List::new();
        let (mut id, mut y) = (0, 0);
        for row in self.rows.iter().filter(|row| !row.panels.is_empty()) {
            id += 1;
            panels.push(map([
                ("id", id.into()),
                ("type", "row".into()),
                ("title", row.title.into()),
                ("collapsed", false.into()),
                ("gridPos", place_of((0, y), WIDTH, 1)),
                ("panels", List::new().into()),
            ]));
            y += 1;
            let (mut x, mut tallest) = (0, 0);
            for panel in &row.panels {
                let (width, height) = panel.size();
                if x + width > WIDTH {
                    (x, y, tallest) = (0, y + tallest, 0);
                }
                id += 1;
                panels.push(panel.value(id, (x, y)));
                x += width;
                tallest = tallest.max(height);
            }
            y += tallest;
        }
        let variables = self.variables.iter().map(|variable| {
            map([
                ("name", variable.name.into()),
                ("type", "query".into()),
                ("datasource", map([("type", "prometheus".into()), ("uid", "prometheus".into())])),
                ("query", map([("query", variable.query.into()), ("refId", variable.name.into())])),
                ("definition", variable.query.into()),
                ("refresh", 2_i64.into()),
                ("includeAll", true.into()),
                ("multi", true.into()),
                ("allValue", ".*".into()),
                ("current", map([("text", "All".into()), ("value", "$__all".into())])),
                ("sort", 1_i64.into()),
            ])
        });
        map([
            ("title", self.title.as_str().into()),
            ("tags", list(self.tags.iter().map(|tag| tag.as_str().into()))),
            ("schemaVersion", 39_i64.into()),
            ("editable", false.into()),
            ("graphTooltip", 1_i64.into()),
            ("refresh", "1m".into()),
            ("time", map([("from", "now-3h".into()), ("to", "now".into())])),
            ("timezone", "browser".into()),
            ("templating", map([("list", list(variables))])),
            ("panels", panels.into()),
        ])
    }
}
