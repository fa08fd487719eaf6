hs = {}
hs.status = "Progressing"
hs.message = ""
local manual = obj.spec.syncPolicy == nil or obj.spec.syncPolicy.automated == nil
local synced = obj.status ~= nil and obj.status.sync ~= nil and obj.status.sync.status == "Synced"
if manual and not synced then
  hs.status = "Healthy"
  hs.message = "waits for a person to synchronise it"
elseif obj.status ~= nil and obj.status.health ~= nil then
  hs.status = obj.status.health.status
  if obj.status.health.message ~= nil then
    hs.message = obj.status.health.message
  end
end
return hs
