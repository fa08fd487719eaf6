# Deletes every index of logs whose day is older than KEEP_DAYS days.
# The name of an index ends with its day: kubernetes-2026.01.31.
set -euo pipefail

oldest=$(date --utc --date="-$KEEP_DAYS days" +%Y.%m.%d)
ask() {
  curl --silent --show-error --fail --user "$JANITOR_USER:$JANITOR_PASSWORD" "$@"
}

indices=$(ask "$ELASTICSEARCH_URL/_cat/indices/kubernetes-*?h=index")
for index in $indices; do
  day=${index##*-}
  if [[ $day =~ ^[0-9]{4}\.[0-9]{2}\.[0-9]{2}$ && $day < $oldest ]]; then
    echo "delete $index"
    ask --request DELETE "$ELASTICSEARCH_URL/$index"
    echo
  fi
done
